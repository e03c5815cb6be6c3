import { open, stat } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import { type DType, LazyTensor, openPt, PtFormatError } from '@holdfast/pt-serializer';
import type { FormatName } from '@holdfast/run-folder';

/** Where the numbers of a tensor are in a file: row-major and little-endian, in one piece. */
export interface StoredTensor {
  dtype: DType;
  shape: readonly number[];
  /** Offset of the first number, in bytes. */
  offset: number;
}

/** What a file of a result holds. */
export interface StoredTensors {
  /** By name. A `.npy` has one, named `embeddings`. */
  tensors: ReadonlyMap<string, StoredTensor>;
  /** All IDs, if the format holds them. */
  ids: readonly string[] | null;
}

/** Bytes at the start of a `.npy` that hold its header. */
const NPY_HEAD = 4096;
/** Most bytes of a header of safetensors; its readers allow no more. */
const MOST_HEADER = 100_000_000;

/** Reads the header of a file of a result. @returns what is wrong with it, if it cannot be read. */
export const storedTensors: Readonly<Record<FormatName, (path: string) => Promise<StoredTensors | string>>> =
  { safetensors: inSafetensors, npy: inNpy, pt: inPt };

/** Bytes of each element type, under its names in the three formats. */
const BYTES: Partial<Record<DType, number>> = { float32: 4, float16: 2, bfloat16: 2, int64: 8 };
const SAFETENSORS: Readonly<Record<string, DType>> = {
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
};
const NUMPY: Readonly<Record<string, DType>> = { '<f4': 'float32', '<f2': 'float16', '<i8': 'int64' };

/** Bytes of one number; 0 for an element type that no result has. */
export const bytesOf = (dtype: DType): number => BYTES[dtype] ?? 0;

const bytesIn = ({ dtype, shape }: Pick<StoredTensor, 'dtype' | 'shape'>): number =>
  shape.reduce((product, each) => product * each, bytesOf(dtype));

async function inSafetensors(path: string): Promise<StoredTensors | string> {
  const { size } = await stat(path);
  const length = size < 8 ? -1 : Number((await head(path, 0, 8)).readBigUInt64LE());
  if (length < 0 || length > Math.min(size - 8, MOST_HEADER)) return 'its header is longer than the file';
  const tensors = describedIn(await head(path, 8, length), 8 + length);
  if (tensors === null) return 'its header does not describe tensors of a result, one behind the other';
  return fitting(size, tensors);
}

/** The tensors that a header of safetensors describes; null if they are not one behind the other. */
function describedIn(header: Buffer, start: number): Map<string, StoredTensor> | null {
  try {
    const { __metadata__: _, ...entries } = JSON.parse(header.toString()) as Record<string, never>;
    const tensors = new Map<string, StoredTensor>();
    let next = 0;
    for (const [name, entry] of Object.entries<{ dtype: string; shape: number[]; data_offsets: number[] }>(
      entries,
    )) {
      const dtype = SAFETENSORS[entry.dtype];
      const [from, to] = entry.data_offsets;
      if (dtype === undefined || !entry.shape.every((each) => Number.isSafeInteger(each) && each >= 0))
        return null;
      const tensor = { dtype, shape: entry.shape, offset: start + next };
      if (from !== next || to !== next + bytesIn(tensor)) return null;
      next = to;
      tensors.set(name, tensor);
    }
    return tensors;
  } catch {
    return null;
  }
}

async function inNpy(path: string): Promise<StoredTensors | string> {
  const { size } = await stat(path);
  const bytes = await head(path, 0, Math.min(size, NPY_HEAD));
  const end = size < 10 ? 0 : 10 + bytes.readUInt16LE(8);
  const dict = bytes.toString('latin1', 10, end);
  const [, descr, shape] =
    /^\{'descr': '(<[fi]\d)', 'fortran_order': False, 'shape': \((\d+(?:, \d+)*),?\), \} *\n$/.exec(dict) ??
    [];
  const dtype = NUMPY[descr ?? ''];
  if (bytes.toString('latin1', 0, 8) !== '\x93NUMPY\x01\x00' || dtype === undefined || shape === undefined)
    return 'its header does not describe an array of a result';
  return fitting(
    size,
    new Map([['embeddings', { dtype, shape: shape.split(', ').map(Number), offset: end }]]),
  );
}

async function inPt(path: string): Promise<StoredTensors | string> {
  try {
    await using file = await openPt(path);
    const value = file.value as ReadonlyMap<string, unknown>;
    const ids = value instanceof Map ? value.get('sequence_ids') : undefined;
    if (!Array.isArray(ids)) return 'it does not hold the tensors of a result and its IDs';
    const tensors = new Map<string, StoredTensor>();
    for (const [name, tensor] of value) {
      if (!(tensor instanceof LazyTensor)) continue;
      const { dtype, shape, fileRange } = tensor;
      if (bytesOf(dtype) === 0) return `its tensor '${name}' is of ${dtype}, which no result has`;
      if (!fileRange) return `the numbers of '${name}' are not in one piece`;
      tensors.set(name, { dtype, shape, offset: fileRange.offset });
    }
    return { tensors, ids };
  } catch (error) {
    if (error instanceof PtFormatError) return `it cannot be read: ${error.message}`;
    throw error;
  }
}

/** The tensors, if they end where the file does. */
function fitting(size: number, tensors: ReadonlyMap<string, StoredTensor>): StoredTensors | string {
  const due = Math.max(0, ...[...tensors.values()].map((each) => each.offset + bytesIn(each)));
  if (size !== due) return `it has ${size} bytes, but its header says ${due}`;
  return { tensors, ids: null };
}

async function head(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, await readAt(file, bytes, from));
  } finally {
    await file.close();
  }
}
