import { open, realpath, stat } from 'node:fs/promises';
import { gunzipSync, constants as zlib } from 'node:zlib';
import { BadRecordsError, InputError, type InputErrorCode } from '../input-error.js';
import { compressionOf, firstVisibleByte, notFasta } from './first-bytes.js';
import { otherCompression } from './open-input.js';
import { asInputError } from './unreadable-input.js';

/** Enough for the start of a file, and small enough to bound a gzip bomb (1 : 1032 at most). */
const HEAD_BYTES = 4096;

/**
 * Checks inputs without reading them in full, before anything is written: each must exist, be readable, not
 * be empty and begin like FASTA or FASTQ, plain or gzipped. Does not touch standard input, pipes and devices, because
 * they can be read only once.
 *
 * @throws InputError for the inputs that can't be used, or if `-` or a file is given twice.
 */
export async function checkInputs(files: readonly string[]): Promise<void> {
  if (files.indexOf('-') !== files.lastIndexOf('-')) {
    throw new InputError(
      'stdin_twice',
      { file: '-' },
      '"-" is given more than once, but can be read only once',
    );
  }
  const given = new Map<string, string>();
  const unusable: InputError[] = [];
  for (const file of files) {
    if (file === '-' || !(await isUsableFile(file, unusable))) continue;
    // All of its IDs would be duplicates.
    const path = await realpath(file).catch((error: unknown) => {
      throw asInputError(file, error);
    });
    const before = given.get(path);
    if (before !== undefined) {
      const problem = `the same file is already given as ${before}; name each file once`;
      throw new InputError('given_twice', { file }, problem);
    }
    given.set(path, file);
  }
  const [only] = unusable;
  if (only === undefined) return;
  if (unusable.length === 1) throw only;
  throw new BadRecordsError(unusable, { counts: {}, records: 0, inputs: unusable.length });
}

/** Faults that say nothing about other files: all are told at once. */
const OF_A_FILE: readonly InputErrorCode[] = [
  'not_found',
  'is_directory',
  'not_a_file',
  'empty',
  'compressed',
  'not_fasta',
];

/** Whether it is a regular file that can be used. Adds the fault of one that cannot. */
async function isUsableFile(file: string, unusable: InputError[]): Promise<boolean> {
  try {
    return await checkInput(file);
  } catch (error) {
    if (!(error instanceof InputError) || !OF_A_FILE.includes(error.code)) throw error;
    unusable.push(error);
    return false;
  }
}

/** @returns whether it is a regular file. */
async function checkInput(file: string): Promise<boolean> {
  const head = await readHead(file);
  if (!head) return false;
  if (head.length === 0)
    throw new InputError('empty', { file }, 'the file is empty; check the program that writes it');
  const compression = compressionOf(head);
  if (compression?.name === 'zip') throw otherCompression(file, compression);
  // The start of the others is not worth a decoder: the full read comes soon.
  if (compression && compression.name !== 'gzip') return true;
  const first = firstVisibleByte(compression ? gunzipHead(head) : head);
  const problem = first === undefined ? undefined : notFasta(first);
  if (problem) throw new InputError('not_fasta', { file }, problem);
  return true;
}

/** The first bytes of a regular file; undefined for a pipe or device. */
async function readHead(file: string): Promise<Uint8Array | undefined> {
  try {
    const kind = await stat(file);
    if (kind.isFIFO() || kind.isCharacterDevice()) return undefined;
    if (kind.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    if (!kind.isFile())
      throw new InputError('not_a_file', { file }, 'this is not a regular file; name a FASTA file');
    const handle = await open(file, 'r');
    try {
      const head = new Uint8Array(HEAD_BYTES);
      return head.subarray(0, (await handle.read(head, 0, HEAD_BYTES, 0)).bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw asInputError(file, error);
  }
}

/** The decompressed beginning; undefined if it is damaged, because the full read describes that better. */
function gunzipHead(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: zlib.Z_SYNC_FLUSH });
  } catch {
    return new Uint8Array(0);
  }
}
