import { ELEMENT_BYTES, type ElementType, type StoredTensor } from '../onnx/stored-tensor.js';
import { bytesOf } from '../weights/safetensors.js';
import type { ConvertedTensor } from './quantized-graph.js';

/** safetensors' names of types. */
const DTYPES: Readonly<Record<ElementType, string>> = {
  float32: 'F32',
  uint8: 'U8',
  int8: 'I8',
  int32: 'I32',
  int64: 'I64',
  float16: 'F16',
  bfloat16: 'BF16',
};

/** Data begins at a multiple of this. */
const ALIGNMENT = 64;
/** Hex digits of a SHA-256. */
const DIGEST_LENGTH = 64;

/** Where everything is in a converted file, which is a safetensors file. */
export interface Layout {
  /** The head of a file, up to its data. @param digest SHA-256 of the data, hex. */
  head(digest: string): Buffer;
  /** Where the data begins: the length of any head. */
  dataAt: number;
  /** Bytes of the whole file. */
  size: number;
  /** In the order of the file. */
  tensors: readonly (ConvertedTensor & { offset: number; length: number })[];
}

/** @param made says what the file is made from, and how. */
export function layoutOf(tensors: readonly ConvertedTensor[], made: string): Layout {
  // Wide elements first, so that each tensor is aligned to its element without holes, which the format forbids.
  const ordered = tensors
    .map((tensor) => ({ ...tensor, length: bytesOf(tensor) }))
    .sort((a, b) => ELEMENT_BYTES[b.type] - ELEMENT_BYTES[a.type]);
  let at = 0;
  const placed = ordered.map((tensor) => {
    const offset = at;
    at += tensor.length;
    return { ...tensor, offset };
  });
  const head = (digest: string): Buffer => {
    const entries = placed.map(({ name, type, shape, offset, length }) => [
      name,
      { dtype: DTYPES[type], shape, data_offsets: [offset, offset + length] },
    ]);
    const text = JSON.stringify({ __metadata__: { sha256: digest, made }, ...Object.fromEntries(entries) });
    const bytes = Buffer.from(text);
    const length = Math.ceil((8 + bytes.length) / ALIGNMENT) * ALIGNMENT - 8;
    const whole = Buffer.alloc(8 + length, ' ');
    whole.writeBigUInt64LE(BigInt(length));
    bytes.copy(whole, 8);
    return whole;
  };
  const empty = head('0'.repeat(DIGEST_LENGTH));
  return {
    head,
    dataAt: empty.length,
    size: empty.length + at,
    tensors: placed.map((tensor) => ({ ...tensor, offset: empty.length + tensor.offset })),
  };
}

/** Where a graph finds the tensors. */
export function storedIn(file: string, layout: Layout): Map<string, StoredTensor> {
  return new Map(
    layout.tensors.map(({ name, type, shape, offset, length }) => [
      name,
      { type, shape, file, offset, length },
    ]),
  );
}
