import { createHash } from 'node:crypto';
import type { IndexSummary } from './format.js';
import { Kept } from './kept.js';
import { damaged, type PositionalFile } from './positional-file.js';

/** Bytes of a text file that one call reads. */
const TEXT_PART = 1 << 20;

/** The files that an open index reads from. */
export interface IndexFiles {
  residues: PositionalFile;
  residueOffsets: PositionalFile;
  ids: PositionalFile;
  idOffsets: PositionalFile;
  order: PositionalFile;
  /** Absent in format 2. */
  originals?: PositionalFile;
  /** Absent in earlier versions. */
  descriptions?: PositionalFile;
}

/** First ordinal of each bucket, first position of each, and first position of each batch; then the number of all. */
export interface IndexTables {
  buckets: Uint32Array;
  starts: Uint32Array;
  batches: Uint32Array;
}

/** Consecutive sequences. Its positions have those of them that are no copy, each once. */
export interface Bucket {
  /** Its ordinals: from `first` up to, but not including, `end`. */
  first: number;
  end: number;
  /** Its first position. */
  start: number;
  /** The ordinal at each of its positions. */
  order: Uint32Array;
  /** For each of its ordinals, the first one in the input with the same residues; null if none of them is a copy. */
  originals: Uint32Array | null;
  /** Whether its positions have their ordinals in ascending order. */
  inInputOrder: boolean;
}

/** The bytes of a bucket's items in input order, where each begins, and where the last ends. */
interface Items {
  bytes: Buffer;
  offsets: Float64Array;
}

/**
 * An index open for reading; calls may overlap. Ranges of positions are `[first, end)`. It caches the last
 * bucket, so reading positions in order reads every byte once. All methods that read throw IndexError for
 * bytes that do not match their checksum, and RangeError for a range outside the index.
 */
export class SequenceIndex {
  readonly summary: IndexSummary;
  /** SHA-256 of its `summary.json`, which has the SHA-256 of each other file. */
  readonly digest: string;
  readonly #files: IndexFiles;
  readonly #tables: IndexTables;
  readonly #buckets = new Kept((bucket) => this.#readBucket(bucket));
  readonly #ids = new Kept((bucket) => this.#readItems('ids', 'idOffsets', bucket));
  readonly #residues = new Kept((bucket) => this.#readItems('residues', 'residueOffsets', bucket));

  constructor(summary: IndexSummary, digest: string, files: IndexFiles, tables: IndexTables) {
    this.summary = summary;
    this.digest = digest;
    this.#files = files;
    this.#tables = tables;
  }

  /** Sequences of the input. */
  get sequences(): number {
    return this.summary.sequences;
  }

  /** Sequences that are computed: all but copies of earlier ones. */
  get positions(): number {
    const { sequences, copies = 0 } = this.summary;
    return sequences - copies;
  }

  get buckets(): number {
    return this.summary.windows;
  }

  get batches(): number {
    return this.summary.batches;
  }

  /** The positions of a batch, all in one bucket. */
  batchRange(batch: number): [first: number, end: number] {
    checkRange('batch', batch, batch + 1, this.batches);
    const { batches } = this.#tables;
    return [batches[batch]!, batches[batch + 1]!];
  }

  /** The batch of a position. */
  batchAt(position: number): number {
    checkRange('position', position, position + 1, this.positions);
    return lastAtOrBefore(this.#tables.batches, position, this.batches);
  }

  /** A bucket, by its number. */
  async bucket(bucket: number): Promise<Bucket> {
    checkRange('bucket', bucket, bucket + 1, this.buckets);
    return this.#buckets.at(bucket);
  }

  /** The bucket of a position. */
  async bucketAt(position: number): Promise<Bucket> {
    checkRange('position', position, position + 1, this.positions);
    return this.#buckets.at(this.#bucketOf(position));
  }

  /** The ordinal at a position. */
  async ordinalAt(position: number): Promise<number> {
    const { start, order } = await this.bucketAt(position);
    return order[position - start]!;
  }

  /** The position of the sequence with this ordinal, or of the one that it is a copy of. */
  async positionOf(ordinal: number): Promise<number> {
    checkRange('ordinal', ordinal, ordinal + 1, this.sequences);
    const bucket = lastAtOrBefore(this.#tables.buckets, ordinal, this.buckets);
    const { first, start, order, originals } = await this.#buckets.at(bucket);
    const original = originals?.[ordinal - first] ?? ordinal;
    return original === ordinal ? start + order.indexOf(ordinal) : this.positionOf(original);
  }

  /** Calls back with each copy and the first sequence that has its residues, in input order. */
  async eachCopy(take: (copy: number, original: number) => void): Promise<void> {
    if (!this.summary.copies) return;
    for (let bucket = 0; bucket < this.buckets; bucket++) {
      const { first, originals } = await this.#readBucket(bucket);
      originals?.forEach((original, at) => {
        if (original !== first + at) take(first + at, original);
      });
    }
  }

  /** The IDs of the sequences at these positions. */
  ids(first: number, end: number): Promise<string[]> {
    return this.#gather(first, end, this.#ids, idAt);
  }

  /** The IDs of the sequences with these ordinals, which ascend. */
  async idsOf(ordinals: readonly number[]): Promise<string[]> {
    const ids: string[] = [];
    for (const ordinal of ordinals) {
      checkRange('ordinal', ordinal, ordinal + 1, this.sequences);
      const bucket = lastAtOrBefore(this.#tables.buckets, ordinal, this.buckets);
      ids.push(idAt(await this.#ids.at(bucket), ordinal - this.#tables.buckets[bucket]!));
    }
    return ids;
  }

  /** The residues of the sequences at these positions, upper case; read-only views of the cache. */
  residues(first: number, end: number): Promise<Uint8Array[]> {
    return this.#gather(first, end, this.#residues, ({ bytes, offsets }, item) =>
      bytes.subarray(offsets[item]!, offsets[item + 1]!),
    );
  }

  /** The input's first residues, over its first sequences; all of them if it has fewer. */
  firstResidues(most: number): Promise<Uint8Array> {
    return this.#files.residues.read(0, Math.min(most, this.summary.residues));
  }

  /** All IDs, in input order. */
  async allIds(): Promise<string[]> {
    const ids: string[] = [];
    for (let bucket = 0; bucket < this.summary.windows; bucket++) {
      const items = await this.#readItems('ids', 'idOffsets', bucket);
      for (let item = 0; item + 1 < items.offsets.length; item++) ids.push(idAt(items, item));
    }
    return ids;
  }

  /** The file of all IDs in input order, each followed by a line feed, in parts. */
  async *idFile(): AsyncGenerator<Uint8Array> {
    const { ids } = this.#files;
    for (let at = 0; at < ids.size; at += TEXT_PART)
      yield await ids.read(at, Math.min(TEXT_PART, ids.size - at));
  }

  /** Whether it has the sequences' descriptions, and the number of sequences of each input. */
  get described(): boolean {
    return this.#files.descriptions !== undefined;
  }

  /**
   * The file of all descriptions in input order, in parts: a line each; a tab alone is the same as the line before. Nothing in an
   * index without them.
   *
   * @throws IndexError at the end if its bytes are not those that were written.
   */
  async *descriptionFile(): AsyncGenerator<Uint8Array> {
    const { descriptions } = this.#files;
    if (descriptions === undefined) return;
    const hash = createHash('sha256');
    for (let at = 0; at < descriptions.size; at += TEXT_PART) {
      const part = await descriptions.read(at, Math.min(TEXT_PART, descriptions.size - at));
      hash.update(part);
      yield part;
    }
    if (hash.digest('hex') !== this.summary.files.descriptions)
      throw damaged(descriptions.path, 'its bytes are not those that were written');
  }

  /** The residues of each sequence of a bucket, by ordinal: how many. */
  async lengths(bucket: number): Promise<Float64Array> {
    checkRange('bucket', bucket, bucket + 1, this.buckets);
    const [first, end] = this.#bucketRange(bucket);
    const offsets = await this.#files.residueOffsets.readU64(first, end);
    return offsets.subarray(0, end - first).map((offset, at) => offsets[at + 1]! - offset);
  }

  /** The residues of each sequence, in input order, a bucket at a time. */
  async *allLengths(): AsyncGenerator<Float64Array> {
    for (let bucket = 0; bucket < this.buckets; bucket++) yield await this.lengths(bucket);
  }

  /** The number of residues of each batch: the weights for `planShards`. */
  async batchWeights(): Promise<Float64Array> {
    const weights = new Float64Array(this.batches);
    await this.#eachLength((batch, residues) => {
      weights[batch]! += residues;
    });
    return weights;
  }

  /**
   * Tokens of all batches before each batch; then the tokens of all batches.
   *
   * @param tokensOf tokens of a sequence with this many residues, as for `buildIndex`.
   * @param padded whether the sequences of a batch are padded to its longest. Default: true.
   */
  async tokensBefore(tokensOf: (residues: number) => number, { padded = true } = {}): Promise<Float64Array> {
    const cost = new Float64Array(this.batches);
    await this.#eachLength((batch, residues) => {
      const tokens = tokensOf(residues);
      cost[batch] = padded ? Math.max(cost[batch]!, tokens) : cost[batch]! + tokens;
    });
    const before = new Float64Array(this.batches + 1);
    for (let batch = 0; batch < this.batches; batch++) {
      const [first, end] = this.batchRange(batch);
      before[batch + 1] = before[batch]! + (padded ? end - first : 1) * cost[batch]!;
    }
    return before;
  }

  async close(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.close();
  }

  /** Calls back with the residues of each sequence, batch by batch. */
  async #eachLength(take: (batch: number, residues: number) => void): Promise<void> {
    let batch = 0;
    for (let bucket = 0; bucket < this.summary.windows; bucket++) {
      const { first, end, start, order } = await this.#readBucket(bucket);
      const offsets = await this.#files.residueOffsets.readU64(first, end);
      for (; batch < this.batches && this.#tables.batches[batch]! < start + order.length; batch++) {
        const [from, to] = this.batchRange(batch);
        for (const ordinal of order.subarray(from - start, to - start))
          take(batch, offsets[ordinal - first + 1]! - offsets[ordinal - first]!);
      }
    }
  }

  async #gather<T>(
    first: number,
    end: number,
    kept: Kept<Items>,
    take: (items: Items, item: number) => T,
  ): Promise<T[]> {
    checkRange('position', first, end, this.positions);
    const taken: T[] = [];
    while (first + taken.length < end) {
      const bucket = this.#bucketOf(first + taken.length);
      const { first: before, start, order } = await this.#buckets.at(bucket);
      const items = await kept.at(bucket);
      const from = first + taken.length - start;
      for (const ordinal of order.subarray(from, end - start)) taken.push(take(items, ordinal - before));
    }
    return taken;
  }

  #bucketOf(position: number): number {
    return lastAtOrBefore(this.#tables.starts, position, this.buckets);
  }

  #bucketRange(bucket: number): [first: number, end: number] {
    const { buckets } = this.#tables;
    return [buckets[bucket]!, buckets[bucket + 1]!];
  }

  async #readBucket(bucket: number): Promise<Bucket> {
    const [first, end] = this.#bucketRange(bucket);
    const { starts } = this.#tables;
    const [start, endPosition] = [starts[bucket]!, starts[bucket + 1]!];
    const { order: file } = this.#files;
    const originals = await this.#readOriginals(first, end);
    const order = await file.readU32(start, endPosition);
    const found = new Uint8Array(end - first);
    let inInputOrder = true;
    for (let at = 0; at < order.length; at++) {
      const ordinal = order[at]!;
      const place = ordinal - first;
      // A missing or duplicate ordinal would put a row in another's place.
      if (
        ordinal < first ||
        ordinal >= end ||
        found[place] !== 0 ||
        (originals?.[place] ?? ordinal) !== ordinal
      )
        throw damaged(
          file.path,
          `it does not list each distinct sequence in [${first}, ${end}) exactly once`,
        );
      found[place] = 1;
      if (at > 0 && ordinal < order[at - 1]!) inInputOrder = false;
    }
    const copies = originals?.reduce((sum, original, at) => sum + Number(original !== first + at), 0) ?? 0;
    if (order.length + copies !== end - first)
      throw damaged(file.path, `it lists ${order.length} of the sequences in [${first}, ${end})`);
    return { first, end, start, order, originals, inInputOrder };
  }

  /** Null if none of the sequences is a copy. */
  async #readOriginals(first: number, end: number): Promise<Uint32Array | null> {
    const { originals: file } = this.#files;
    if (file === undefined) return null;
    const originals = await file.readU32(first, end);
    let copies = false;
    for (const [at, original] of originals.entries()) {
      if (original > first + at) throw damaged(file.path, `sequence ${first + at} is a copy of a later one`);
      if (original !== first + at) copies = true;
    }
    return copies ? originals : null;
  }

  async #readItems(
    name: 'ids' | 'residues',
    offsetsName: 'idOffsets' | 'residueOffsets',
    bucket: number,
  ): Promise<Items> {
    const [first, end] = this.#bucketRange(bucket);
    const { [name]: file, [offsetsName]: offsetFile } = this.#files;
    const offsets = await offsetFile.readU64(first, end);
    const start = offsets[0]!;
    for (let i = 1; i < offsets.length; i++) {
      if (offsets[i]! <= offsets[i - 1]!)
        throw damaged(offsetFile.path, `its offset ${first + i} is not greater than the one before`);
    }
    const bytes = await file.read(start, offsets[end - first]! - start);
    return { bytes, offsets: offsets.map((offset) => offset - start) };
  }
}

/** The last of `count` ranges that begins at or before a position. */
function lastAtOrBefore(starts: Uint32Array, position: number, count: number): number {
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (starts[middle]! <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

function idAt({ bytes, offsets }: Items, item: number): string {
  return bytes.toString('utf8', offsets[item]!, offsets[item + 1]! - 1);
}

function checkRange(what: string, first: number, end: number, count: number): void {
  if (Number.isInteger(first) && Number.isInteger(end) && 0 <= first && first <= end && end <= count) return;
  throw new RangeError(`${what} ${first} to ${end} is outside the index, which has ${count}`);
}
