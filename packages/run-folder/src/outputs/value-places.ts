import { type FileHandle, open } from 'node:fs/promises';
import { bytesOfNumber } from '@holdfast/checkpoint';
import { readAt } from '@holdfast/durable';
import { crc32 } from '@holdfast/pt-serializer';
import { completeShard } from '../shard/complete-shard.js';
import type { CompleteRun } from '../shard/result-rows.js';
import { ShardIncompleteError } from '../shard/shard-incomplete-error.js';
import { ShardCursor } from '../shard/shard-plan.js';
import { pieceCounts, type RunOutputs, storedTypeOf, type ValueFile } from './run-outputs.js';

/** A checkpoint that has numbers of tokens. */
interface Source {
  path: string;
  shard: number;
}

/** Most files that are open at a time. */
const MOST_OPEN = 64;
/** No checkpoint has the sequence. */
const NONE = 0xffffffff;

/**
 * Where the checkpoints of a complete run have the numbers of each sequence's tokens. Holds 20 bytes of memory a sequence, and 4
 * for each output; the numbers stay on disk.
 */
export class ValuePlaces implements AsyncDisposable {
  readonly #outputs: RunOutputs;
  readonly #bytes: number;
  readonly #sources: Source[] = [];
  readonly #source: Uint32Array;
  readonly #tokens: Uint32Array;
  readonly #offset: Float64Array;
  readonly #sums: Uint32Array;
  readonly #pieces: number;
  readonly #open = new Map<number, FileHandle>();

  private constructor(outputs: RunOutputs, positions: number) {
    this.#outputs = outputs;
    this.#bytes = bytesOfNumber(storedTypeOf(outputs));
    this.#pieces = pieceCounts(outputs, 0).length;
    this.#source = new Uint32Array(positions).fill(NONE);
    this.#tokens = new Uint32Array(positions);
    this.#offset = new Float64Array(positions);
    this.#sums = new Uint32Array(positions * this.#pieces);
  }

  /**
   * Reads what the checkpoints say of their numbers; the numbers are read, and compared with their checksums, one by one later.
   *
   * @throws ShardIncompleteError if a shard must be repaired; IndexError; the signal's reason.
   */
  static async find(
    { place, run, index, shards, dim }: Omit<CompleteRun, 'outputs' | 'found' | 'copied'>,
    outputs: RunOutputs,
    signal?: AbortSignal,
  ): Promise<ValuePlaces> {
    const places = new ValuePlaces(outputs, index.positions);
    for (const shard of shards) {
      const cursor = new ShardCursor(shard, run, dim, index, outputs);
      for await (const checkpoint of completeShard(place.shard(shard.shard), cursor, 'length')) {
        signal?.throwIfAborted();
        const table = await checkpoint.values();
        // The cursor has accepted it.
        if (table === null || typeof table === 'string') throw new Error(`${checkpoint.path}: it changed`);
        const source = places.#sources.push({ path: checkpoint.path, shard: shard.shard }) - 1;
        const { first, left, positions } = cursor.last;
        const gone = new Set(left);
        let at = table.place.offset;
        let position = first - 1;
        for (const [row, tokens] of table.tokens.entries()) {
          if (positions === null)
            do position++;
            while (gone.has(position));
          else position = positions[row]!;
          places.#source[position] = source;
          places.#tokens[position] = tokens;
          places.#offset[position] = at;
          for (let piece = 0; piece < table.pieces; piece++) {
            const nth = row * table.pieces + piece;
            places.#sums[position * table.pieces + piece] = table.checksums[nth]!;
            at += table.counts[nth]! * places.#bytes;
          }
        }
      }
    }
    return places;
  }

  /** Tokens of the sequence at a position; null if no checkpoint has it, because it is quarantined. */
  tokens(position: number): number | null {
    return this.#source[position] === NONE ? null : this.#tokens[position]!;
  }

  /**
   * The numbers of one output for a sequence, as they are stored.
   *
   * @throws ShardIncompleteError if they are not what was written.
   */
  async read(position: number, { piece }: Pick<ValueFile, 'piece'>): Promise<Uint8Array> {
    const counts = pieceCounts(this.#outputs, this.#tokens[position]!);
    const before = counts.slice(0, piece).reduce((sum, count) => sum + count, 0);
    const bytes = new Uint8Array(counts[piece]! * this.#bytes);
    const source = this.#source[position]!;
    const file = await this.#file(source);
    const { path, shard } = this.#sources[source]!;
    const start = this.#offset[position]! + before * this.#bytes;
    if ((await readAt(file, bytes, start)) < bytes.length)
      throw new ShardIncompleteError(shard, `${path}: it is shorter than it was`);
    if (crc32(bytes) !== this.#sums[position * this.#pieces + piece])
      throw new ShardIncompleteError(shard, `${path}: numbers of tokens are not what was written`);
    return bytes;
  }

  async #file(source: number): Promise<FileHandle> {
    const known = this.#open.get(source);
    if (known !== undefined) {
      // The last one used is the last one closed.
      this.#open.delete(source);
      this.#open.set(source, known);
      return known;
    }
    if (this.#open.size >= MOST_OPEN) {
      const [[oldest, file]] = this.#open as unknown as [[number, FileHandle]];
      this.#open.delete(oldest);
      await file.close();
    }
    const file = await open(this.#sources[source]!.path, 'r');
    this.#open.set(source, file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }
}
