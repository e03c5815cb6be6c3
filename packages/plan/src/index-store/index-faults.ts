import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemErrorCode } from '@holdfast/durable';
import { BLOCK_BYTES, BlockSums, blockCount } from './block-sums.js';
import { FILES, type IndexSummary, SUMMED } from './format.js';

/** A file of an index that is not what its summary says. */
export interface IndexFault {
  path: string;
  /** The bytes that differ, to 64 KiB, if that is known. */
  place?: string;
  problem: string;
}

/**
 * Reads every byte of an index and compares each file with the summary's SHA-256. Names all faults, not the first, and with
 * `blocks.bin` where in a file they are.
 *
 * @param onBytes called with the number of bytes that were read.
 * @throws the signal's reason; errors of the file system other than a missing file.
 */
export async function indexFaults(
  folder: string,
  { format, files }: Pick<IndexSummary, 'format' | 'files'>,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<IndexFault[]> {
  const faults: IndexFault[] = [];
  const read = new Map<string, Read>();
  for (const [name, sha256] of Object.entries(files)) {
    const path = join(folder, FILES[name as keyof typeof FILES]);
    const found = await readAll(path, signal, onBytes);
    if (found === null) faults.push({ path, problem: 'is missing' });
    else if (found.sha256 !== sha256)
      faults.push({ path, problem: 'its bytes are not those that were written' });
    if (found !== null) read.set(name, found);
  }
  const names = SUMMED[format];
  const sums = await trustedSums(folder, { names, files }, read);
  if (sums === null) return faults;
  let first = 0;
  for (const name of names) {
    const { blocks } = read.get(name)!;
    const fault = faults.find(({ path }) => path === join(folder, FILES[name]));
    const wrong = blocks.findIndex((sum, at) => sum !== sums[first + at]);
    if (fault !== undefined && wrong >= 0)
      fault.place = `bytes ${wrong * BLOCK_BYTES} to ${(wrong + 1) * BLOCK_BYTES}`;
    first += blocks.length;
  }
  return faults;
}

interface Read {
  sha256: string;
  /** CRC-32 of each block. */
  blocks: readonly number[];
  bytes: number;
}

/** Null if there is no such file. */
async function readAll(
  path: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Read | null> {
  const hash = createHash('sha256');
  const blocks = new BlockSums();
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { signal, highWaterMark: 1 << 18 })) {
      hash.update(chunk);
      blocks.update(chunk);
      bytes += chunk.length;
      onBytes(chunk.length);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (systemErrorCode(error) === 'ENOENT') return null;
    throw error;
  }
  return { sha256: hash.digest('hex'), blocks: blocks.finish(), bytes };
}

/** The sums of `blocks.bin`; null if they are not whole, or if a file of another size moved the blocks of those behind it. */
async function trustedSums(
  folder: string,
  { names, files }: { names: readonly string[]; files: IndexSummary['files'] },
  read: ReadonlyMap<string, Read>,
): Promise<number[] | null> {
  const path = join(folder, FILES.blocks);
  if (files.blocks === undefined || read.get('blocks')?.sha256 !== files.blocks) return null;
  const due = (await stat(path)).size / Uint32Array.BYTES_PER_ELEMENT;
  const count = names.reduce((sum, name) => sum + blockCount(read.get(name)?.bytes ?? -1), 0);
  if (count !== due) return null;
  const bytes = await readFile(path);
  return Array.from({ length: due }, (_, at) => bytes.readUInt32LE(Uint32Array.BYTES_PER_ELEMENT * at));
}
