import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { type DurableFileSystem, nodeFileSystem } from '@holdfast/durable';

/** Bytes per write. */
const PIECE = 1 << 20;

/** Node's file system without syncs. */
export const WITHOUT_SYNC: DurableFileSystem = {
  ...nodeFileSystem,
  create: async (path, options) => ({
    ...(await nodeFileSystem.create(path, options)),
    sync: async () => undefined,
  }),
  syncDirectory: async () => undefined,
};

/** Joins texts to buffers of about a mebibyte. */
export function* pieces(texts: Iterable<string>): Generator<Buffer> {
  let text = '';
  for (const each of texts) {
    text += each;
    if (text.length < PIECE) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/** The bytes of a file from `start` on; null if it is shorter, or missing. */
export function range(path: string, start: number): Buffer | null {
  const file = opened(path, 'r');
  if (file === null) return null;
  try {
    const { size } = fstatSync(file);
    return size < start ? null : readAt(file, start, size - start);
  } finally {
    closeSync(file);
  }
}

/** Empties a file, if it exists. */
export function empty(path: string): void {
  const file = opened(path, 'r+');
  if (file === null) return;
  try {
    ftruncateSync(file, 0);
  } finally {
    closeSync(file);
  }
}

/** A descriptor of the file; null if it is missing. */
export function opened(path: string, flags: string): number | null {
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Up to `length` bytes of a file; fewer at its end. */
export function readAt(file: number, start: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const read = readSync(file, bytes, done, length - done, start + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}
