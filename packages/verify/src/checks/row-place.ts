import { open, stat } from 'node:fs/promises';
import { type LazyTensor, openPt, PtFormatError } from '@holdfast/pt-serializer';
import type { formats } from '@holdfast/run-folder';

/** Where the rows of a result are in its file. */
export interface RowPlace {
  /** Offset of the first row, in bytes. */
  offset: number;
  shape: readonly [rows: number, dim: number];
  /** All IDs, if the format holds them. */
  ids: readonly string[] | null;
}

/** Bytes at the start of a `.npy` that hold its header. */
const NPY_HEAD = 4096;
/** Most bytes of a header of safetensors; its readers allow no more. */
const MOST_HEADER = 100_000_000;

/** Reads the header of an embeddings file. @returns what is wrong with it, if it cannot be read. */
export const rowPlace: Readonly<Record<keyof typeof formats, (path: string) => Promise<RowPlace | string>>> =
  {
    safetensors: safetensorsPlace,
    npy: npyPlace,
    pt: ptPlace,
  };

async function safetensorsPlace(path: string): Promise<RowPlace | string> {
  const { size } = await stat(path);
  const length = size < 8 ? -1 : Number((await head(path, 0, 8)).readBigUInt64LE());
  if (length < 0 || length > Math.min(size - 8, MOST_HEADER)) return 'its header is longer than the file';
  const entry = embeddingsIn(await head(path, 8, length));
  if (entry === null) return 'its header does not describe a float32 tensor named embeddings';
  const offset = 8 + length;
  return fits(size, offset, entry);
}

function embeddingsIn(header: Buffer): readonly [rows: number, dim: number] | null {
  try {
    const { embeddings, __metadata__: _, ...others } = JSON.parse(header.toString());
    const { dtype, shape, data_offsets: range } = embeddings;
    const [rows, dim] = shape;
    if (Object.keys(others).length > 0 || dtype !== 'F32' || shape.length !== 2) return null;
    return range[0] === 0 && range[1] === rows * dim * 4 ? [rows, dim] : null;
  } catch {
    return null;
  }
}

async function npyPlace(path: string): Promise<RowPlace | string> {
  const { size } = await stat(path);
  const bytes = await head(path, 0, Math.min(size, NPY_HEAD));
  const end = size < 10 ? 0 : 10 + bytes.readUInt16LE(8);
  const dict = bytes.toString('latin1', 10, end);
  const [, rows, dim] =
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \((\d+), (\d+)\), \} *\n$/.exec(dict) ?? [];
  if (bytes.toString('latin1', 0, 8) !== '\x93NUMPY\x01\x00' || rows === undefined)
    return 'its header does not describe a float32 matrix';
  return fits(size, end, [Number(rows), Number(dim)]);
}

async function ptPlace(path: string): Promise<RowPlace | string> {
  try {
    await using file = await openPt(path);
    const value = file.value as ReadonlyMap<string, unknown>;
    const tensor = value instanceof Map ? (value.get('embeddings') as LazyTensor | undefined) : undefined;
    const ids = value instanceof Map ? value.get('sequence_ids') : undefined;
    const [rows, dim] = tensor?.shape ?? [];
    if (!Array.isArray(ids) || tensor?.dtype !== 'float32' || rows === undefined || dim === undefined)
      return 'it does not hold a float32 matrix and its IDs';
    const { fileRange } = tensor;
    if (!fileRange) return 'its rows are not in one piece';
    return { offset: fileRange.offset, shape: [rows, dim], ids };
  } catch (error) {
    if (error instanceof PtFormatError) return `it cannot be read: ${error.message}`;
    throw error;
  }
}

function fits(size: number, offset: number, shape: readonly [rows: number, dim: number]): RowPlace | string {
  const due = offset + shape[0] * shape[1] * Float32Array.BYTES_PER_ELEMENT;
  if (size !== due) return `it has ${size} bytes, but its header says ${due}`;
  return { offset, shape, ids: null };
}

async function head(path: string, from: number, length: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
