import type { Sink } from '@holdfast/pt-serializer';
import type { Numbers, ValueFormat, WriteFormat } from './format.js';

const TYPES = {
  float32: ['F32', 4],
  float16: ['F16', 2],
  bfloat16: ['BF16', 2],
  int64: ['I64', 8],
} as const;

/**
 * safetensors: u64 length of the header, the header as JSON padded with spaces to 8 bytes, the tensors' bytes.
 * Format: https://github.com/huggingface/safetensors#format
 */
export async function writeTensors(
  sink: Sink,
  tensors: readonly (readonly [name: string, numbers: Numbers])[],
  facts: Readonly<Record<string, string>>,
): Promise<void> {
  let end = 0;
  const entries = tensors.map(([name, { dtype, shape }]) => {
    const [type, bytes] = TYPES[dtype];
    const begin = end;
    end += shape.reduce((product, each) => product * each, bytes);
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const;
  });
  // An object would put names that are numbers first.
  const pairs = [['__metadata__', facts] as const, ...entries];
  const json = `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const length = Math.ceil(Buffer.byteLength(json) / 8) * 8;
  const header = Buffer.alloc(8 + length, ' ');
  header.writeBigUInt64LE(BigInt(length));
  header.write(json, 8);
  await sink.write(header);
  for (const [, { chunks }] of tensors) for await (const chunk of chunks()) await sink.write(chunk);
}

export const writeSafetensors: WriteFormat = (sink, { shape, dtype = 'float32', columns, facts, chunks }) =>
  writeTensors(sink, [['embeddings', { dtype, shape, chunks }]], {
    ...facts,
    ...(columns ? { columns: columns.join(',') } : {}),
  });

/** The offsets first: both then begin at a multiple of their numbers' size. */
export const safetensorsValues: ValueFormat = (name) => [
  {
    file: `${name}.safetensors`,
    write: (sink, { offsets, values, facts }) =>
      writeTensors(
        sink,
        [
          ['offsets', offsets],
          ['values', values],
        ],
        facts,
      ),
  },
];
