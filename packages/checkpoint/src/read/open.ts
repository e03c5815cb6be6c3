import { readFile, stat } from 'node:fs/promises';
import { checkOptions, oneOf } from '@holdfast/options';
import {
  type DType,
  float32Of,
  type LazyTensor,
  openPt,
  type PtFile,
  PtFormatError,
} from '@holdfast/pt-serializer';
import { hasRoom, isPath, isStep } from '../argument-checks.js';
import { markerPath } from '../names.js';
import { crc32Into, crc32Of, partsWithCrc32 } from './file-checksum.js';
import { type Marker, parseMarker } from './marker.js';
import { bytesOfNumber, type ValueTable, valueTable } from './value-table.js';

/**
 * How a file is verified: its content by the marker's checksum, only its length by the marker's, or not at
 * all (`'unmarked'`, to inspect an untrusted file).
 */
export type Verify = 'checksum' | 'length' | 'unmarked';

export const isVerify = oneOf(['checksum', 'length', 'unmarked']);

/** A file is not a valid checkpoint. `reason` begins with the seed's wording where the seed has one. */
export class InvalidCheckpointError extends Error {
  readonly code = 'invalid_checkpoint';
  override readonly name = 'InvalidCheckpointError';

  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${reason}`, options);
  }
}

const WRONG_CHECKSUM = 'its content does not match its .done marker (CRC-32)';
/** Most bytes of a marker; ours have fewer than a hundred. */
const MAX_MARKER = 4096;
/** Numbers per read. */
const PART = 1 << 20;

/** An open, valid checkpoint: IDs and metadata in memory, rows still on disk. */
export class Checkpoint implements AsyncDisposable {
  readonly #file: PtFile;
  readonly #embeddings: LazyTensor;
  readonly #marker: Marker | 'empty';

  constructor(
    readonly path: string,
    file: PtFile,
    embeddings: LazyTensor,
    marker: Marker | 'empty',
    /** One ID per row, in order. */
    readonly sequenceIds: readonly string[],
    readonly metadata: ReadonlyMap<unknown, unknown>,
    private readonly content: ReadonlyMap<unknown, unknown>,
  ) {
    this.#file = file;
    this.#embeddings = embeddings;
    this.#marker = marker;
  }

  /** `[rows, dim]`. */
  get shape(): readonly [rows: number, dim: number] {
    const [rows = 0, dim = 0] = this.#embeddings.shape;
    return [rows, dim];
  }

  /** How its numbers are stored. */
  get dtype(): DType {
    return this.#embeddings.dtype;
  }

  /**
   * What it says of the numbers that each row's sequence has beside its row; they are not read.
   *
   * @returns null if it has none; what is wrong, if that does not agree with itself.
   * @throws InvalidCheckpointError if it is damaged.
   */
  async values(): Promise<ValueTable | string | null> {
    try {
      return await valueTable(this.content, this.shape[0]);
    } catch (error) {
      if (!(error instanceof PtFormatError)) throw error;
      throw new InvalidCheckpointError(this.path, `failed to load: ${error.message}`, { cause: error });
    }
  }

  /**
   * Reads all rows into `target` and verifies the file on the way: by its marker's checksum, or for an empty
   * marker by the archive's own checksums.
   *
   * @param target as many numbers as the checkpoint has.
   * @returns why the rows must not be trusted, or null.
   * @throws RangeError for a target of another length (`code` is `invalid_option`).
   */
  async readVerified(target: Float32Array): Promise<string | null> {
    checkOptions('readVerified', target, hasRoom(this.shape[0] * this.shape[1]), 'target');
    const { fileRange, dtype } = this.#embeddings;
    if (this.#marker !== 'empty' && fileRange && dtype === 'float32') {
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
      const found = await crc32Into(this.path, this.#marker.bytes, fileRange.offset, bytes);
      return found === this.#marker.crc32 ? null : WRONG_CHECKSUM;
    }
    if (this.#marker !== 'empty' && (await crc32Of(this.path, this.#marker.bytes)) !== this.#marker.crc32)
      return WRONG_CHECKSUM;
    try {
      if (this.#marker === 'empty') await this.#file.verify();
      const [rows, dim] = this.shape;
      // In parts that reuse memory: fresh memory for a whole file would cost more than reading it.
      const step = Math.max(1, Math.floor(PART / Math.max(1, dim)));
      for (let at = 0; at < rows; at += step)
        target.set(await this.readRows(at, Math.min(rows, at + step)), at * dim);
      return null;
    } catch (error) {
      if (!(error instanceof PtFormatError)) throw error;
      return `failed to load: ${error.message}`;
    }
  }

  /**
   * Yields all rows as float32, at most `step` at a time. Each byte is read once, and the file is verified by
   * the marker's checksum on the way, so the rows are proven only once the end is reached.
   *
   * @throws InvalidCheckpointError at the end if the file does not match its marker; RangeError for a step
   * that is not a whole number (`code` is `invalid_option`).
   */
  async *verifiedRows(step: number): AsyncGenerator<Float32Array, void, undefined> {
    checkOptions('verifiedRows', step, isStep, 'step');
    const [rows, dim] = this.shape;
    const { fileRange, dtype } = this.#embeddings;
    const wrong = (reason: string) => new InvalidCheckpointError(this.path, reason);
    if (this.#marker === 'empty' || !fileRange || bytesOfNumber(dtype) === 0) {
      // Files of other writers: verify the whole first.
      const target = new Float32Array(rows * dim);
      const fault = await this.readVerified(target);
      if (fault !== null) throw wrong(fault);
      for (let at = 0; at < rows; at += Math.max(1, step))
        yield target.subarray(at * dim, Math.min(rows, at + Math.max(1, step)) * dim);
      return;
    }
    const { bytes, crc32 } = this.#marker;
    const width = dim * bytesOfNumber(dtype);
    const parts = partsWithCrc32(this.path, bytes, { ...fileRange, step: Math.max(1, step * width) });
    try {
      for (;;) {
        const { value, done } = await parts.next();
        if (done) {
          if (value !== crc32) throw wrong(WRONG_CHECKSUM);
          return;
        }
        yield float32Of(dtype, value);
      }
    } finally {
      // Closes the file if the reader stops before the end.
      await parts.return(crc32);
    }
  }

  /**
   * Reads the whole file once and compares it with its marker's checksum and with the archive's own. Rows are not decoded.
   *
   * @returns why the file must not be trusted, with the part of the archive that differs if only one does; or null.
   * @throws the signal's reason; errors of the file system.
   */
  async proof(signal?: AbortSignal): Promise<string | null> {
    const checks = this.#file.checksInOrder();
    let archive: string | null = null;
    const look = (check: () => void) => {
      try {
        if (archive === null) check();
      } catch (error) {
        if (!(error instanceof PtFormatError)) throw error;
        archive = error.message;
      }
    };
    const { size } = await stat(this.path);
    const marker = this.#marker;
    const sum = await crc32Of(this.path, size, (bytes) => {
      signal?.throwIfAborted();
      look(() => checks.update(bytes));
    });
    look(() => checks.end());
    const where = archive === null ? '' : `: ${archive}`;
    if (marker !== 'empty' && (sum !== marker.crc32 || size !== marker.bytes))
      return `${WRONG_CHECKSUM}${where}`;
    return archive === null ? null : `failed to load${where}`;
  }

  /** Rows `from` (inclusive) to `to` (exclusive) as float32, row-major; by default all. */
  readRows(from = 0, to = this.shape[0]): Promise<Float32Array> {
    return this.#embeddings.readFloat32(from, to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}

/**
 * Opens a checkpoint after checking marker, length, checksum, keys, and that there is one row per ID.
 *
 * @returns the checkpoint; the caller closes it.
 * @throws InvalidCheckpointError if a check fails; errors of the file system, which say nothing about the
 * checkpoint; RangeError and TypeError for an invalid `path` or `verify` (`code` is `invalid_option`).
 */
export async function openCheckpoint(path: string, verify: Verify = 'checksum'): Promise<Checkpoint> {
  const invalid = (reason: string, cause?: unknown) => new InvalidCheckpointError(path, reason, { cause });
  checkOptions('openCheckpoint', path, isPath, 'path');
  checkOptions('openCheckpoint', verify, isVerify, 'verify');
  const size = await sizeOf(path);
  if (size === null) throw invalid('file is missing');
  if (size === undefined) throw invalid('not a regular file');
  if (size === 0) throw invalid('file is 0 bytes');
  const marker = verify === 'unmarked' ? 'empty' : await readMarker(path);
  if (marker === undefined) throw invalid('missing .done marker');
  if (marker === null) throw invalid('damaged .done marker');
  if (marker !== 'empty') {
    if (marker.bytes !== size) throw invalid(`${size} bytes, but its .done marker says ${marker.bytes}`);
    if (verify === 'checksum' && (await crc32Of(path, size)) !== marker.crc32) {
      throw invalid(WRONG_CHECKSUM);
    }
  }
  let file: PtFile;
  try {
    // A file verified as a whole does not need the archive's own checksums.
    file = await openPt(path, {
      checksums: marker !== 'empty' && verify === 'checksum' ? 'never' : 'always',
    });
  } catch (error) {
    throw error instanceof PtFormatError ? invalid(`failed to load: ${error.message}`, error) : error;
  }
  try {
    // A marker of the original Python has no checksum; the archive's own checksums are the proof.
    if (marker === 'empty' && verify === 'checksum') await file.verify();
    return readCheckpoint(path, file, marker, invalid);
  } catch (error) {
    await file.close();
    throw error instanceof PtFormatError ? invalid(`failed to load: ${error.message}`, error) : error;
  }
}

function readCheckpoint(
  path: string,
  file: PtFile,
  marker: Marker | 'empty',
  invalid: (reason: string) => Error,
): Checkpoint {
  const { value } = file;
  if (!(value instanceof Map)) throw invalid('failed to load: it does not hold a dict');
  const missing = ['embeddings', 'sequence_ids'].filter((key) => !value.has(key));
  if (missing.length > 0) throw invalid(`missing required keys: ${missing.join(', ')}`);
  const embeddings = value.get('embeddings') as LazyTensor;
  const ids = value.get('sequence_ids');
  if (!isMatrix(embeddings)) throw invalid('failed to load: embeddings is not a float matrix');
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
    throw invalid('failed to load: sequence_ids is not a list of strings');
  }
  if (embeddings.shape[0] !== ids.length) {
    throw invalid(`shape mismatch: ${embeddings.shape[0]} rows but ${ids.length} sequence IDs`);
  }
  const metadata = value.get('metadata');
  return new Checkpoint(
    path,
    file,
    embeddings,
    marker,
    ids,
    metadata instanceof Map ? metadata : new Map(),
    value,
  );
}

function isMatrix(value: unknown): value is LazyTensor {
  const tensor = value as LazyTensor | null;
  return (
    typeof tensor === 'object' &&
    Array.isArray(tensor?.shape) &&
    tensor.shape.length === 2 &&
    ['float32', 'float64', 'float16', 'bfloat16'].includes(tensor.dtype)
  );
}

/** Bytes of a file; null if nothing is there, undefined for anything but a file. */
async function sizeOf(path: string): Promise<number | null | undefined> {
  const found = await stat(path).catch(absent);
  return found === null ? null : found.isFile() ? found.size : undefined;
}

/** Null if the file does not exist; throws any other error, which says nothing about the file. */
function absent(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

async function readMarker(path: string): Promise<Marker | 'empty' | null | undefined> {
  const size = await sizeOf(markerPath(path));
  if (size === null) return undefined;
  // Never read a pipe, which would block, or a huge file.
  if (size === undefined || size > MAX_MARKER) return null;
  return parseMarker(await readFile(markerPath(path), 'utf8'));
}
