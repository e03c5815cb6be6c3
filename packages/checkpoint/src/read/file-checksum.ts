import { type FileHandle, open } from 'node:fs/promises';
import { readAt } from '@holdfast/durable';
import { crc32, fastCrc32 } from '@holdfast/pt-serializer';

/** Bytes per read; reading one part overlaps the checksum of another. */
const PART = 1 << 22;
/** The same when several threads read. */
const SMALL_PART = 1 << 20;

/**
 * The CRC-32 of a file of `size` bytes.
 *
 * @param onPart called with each part in order, before it is reused.
 */
export async function crc32Of(
  path: string,
  size: number,
  onPart?: (bytes: Uint8Array) => void,
): Promise<number> {
  await fastCrc32();
  let sum = 0;
  const file = await open(path, 'r');
  try {
    const part = Math.min(PART, size);
    const buffers = [Buffer.allocUnsafe(part), Buffer.allocUnsafe(part)] as const;
    let at = 0;
    const next = (i: number) => file.read(buffers[i % 2]!, 0, part, at);
    let reading = next(0);
    for (let i = 0; ; i++) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return sum;
      at += bytesRead;
      reading = next(i + 1);
      const bytes = buffers[i % 2]!.subarray(0, bytesRead);
      sum = crc32(bytes, sum);
      onPart?.(bytes);
    }
  } finally {
    await file.close();
  }
}

/**
 * The CRC-32 of a file of `size` bytes; also reads the bytes from `offset` on into `target`. Uses several
 * threads, as the first touch of fresh memory takes most of the time.
 */
export async function crc32Into(
  path: string,
  size: number,
  offset: number,
  target: Uint8Array,
): Promise<number> {
  await fastCrc32();
  let sum = 0;
  const file = await open(path, 'r');
  try {
    const reads: Promise<Uint8Array>[] = [];
    const begin = (from: number, bytes: Uint8Array) => {
      for (let at = 0; at < bytes.byteLength; at += SMALL_PART) {
        const read = fill(file, bytes.subarray(at, at + SMALL_PART), from + at);
        // Awaited below, in order; until then a rejection must not count as unhandled.
        read.catch(() => undefined);
        reads.push(read);
      }
    };
    const end = offset + target.byteLength;
    begin(0, new Uint8Array(offset));
    begin(offset, target);
    begin(end, new Uint8Array(size - end));
    for (const read of reads) sum = crc32(await read, sum);
    return sum;
  } finally {
    await file.close();
  }
}

/**
 * Yields a range of a file of `size` bytes, `step` bytes at a time, each part in its own memory.
 *
 * @returns the CRC-32 of the whole file; every byte is read once.
 */
export async function* partsWithCrc32(
  path: string,
  size: number,
  { offset, length, step }: { offset: number; length: number; step: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>, number, undefined> {
  await fastCrc32();
  let sum = 0;
  const file = await open(path, 'r');
  try {
    const read = async (from: number, count: number) => {
      const bytes = new Uint8Array(count);
      sum = crc32(await fill(file, bytes, from), sum);
      return bytes;
    };
    const skip = async (from: number, to: number) => {
      for (let at = from; at < to; at += SMALL_PART) await read(at, Math.min(SMALL_PART, to - at));
    };
    await skip(0, offset);
    for (let at = 0; at < length; at += step) yield await read(offset + at, Math.min(step, length - at));
    await skip(offset + length, size);
    return sum;
  } finally {
    await file.close();
  }
}

/** As much of `bytes` as the file has there. */
async function fill(file: FileHandle, bytes: Uint8Array, position: number): Promise<Uint8Array> {
  return bytes.subarray(0, await readAt(file, bytes, position));
}
