import { float32Of } from '@holdfast/pt-serializer';
import { Block } from './block.js';
import type { ExportSource } from './export-source.js';
import type { SomeValues } from './some-values.js';
import type { ValueSource } from './value-source.js';

/** The bytes of float32 numbers. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Rows as float32. */
export const widenedRows = (source: ExportSource): ExportSource => ({
  ...source,
  dtype: 'float32',
  async *blocks(rows) {
    for await (const block of source.blocks(rows))
      yield new Block(block.first, block.rows, 'float32', bytesOf(block.data));
  },
});

/** Numbers of tokens as float32. */
export const widenedValues = (source: ValueSource): ValueSource => ({
  ...source,
  dtype: 'float32',
  async *values() {
    for await (const { shape, bytes } of source.values())
      yield { shape, bytes: bytesOf(float32Of(source.dtype, bytes)) };
  },
});

/** The same of some sequences. */
export const widenedSome = (source: SomeValues): SomeValues => ({
  ...source,
  ...widenedValues(source),
  bytes: async (at) => bytesOf(float32Of(source.dtype, await source.bytes(at))),
});
