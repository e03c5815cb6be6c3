import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { displayName, InputError, type RecordSink, type Refusal, ROOM_BYTES } from '@holdfast/fasta';
import { grouped } from '@holdfast/options';
import type { BucketLimits } from '../buckets.js';
import { AppendFile } from './append-file.js';
import { BucketWriter } from './bucket-writer.js';
import { FILES, type IndexFormat, type IndexSummary, SUMMED } from './format.js';
import { Originals } from './originals.js';
import { RowIds, type SharedIds } from './row-ids.js';
import { type Renamed, suffixIds } from './suffix-ids.js';

/**
 * `IdSet` stores ordinal + 1 in 32 bits, and the tables of buckets and batches store the number of sequences.
 */
const MOST_SEQUENCES = 2 ** 32 - 2;
/** Records left out whose places are kept, to number the records around them in messages. */
const MOST_PLACES = 1 << 16;
const TAB = 0x09;
const LINE_FEED = 0x0a;
/** Block checksums appended between two writes. */
const SUMS_AT_ONCE = ROOM_BYTES / Uint32Array.BYTES_PER_ELEMENT;

/** How sequences become batches. */
export interface CutOptions {
  /** Tokens of a sequence with this many residues. */
  tokensOf(residues: number): number;
  /** Token budget of a batch: count × longest. */
  batchTokens: number;
  bucket: BucketLimits;
  /** Most residues that the model reads of a sequence; longer sequences are only counted here. */
  maxResidues: number;
  /** Whether a sequence with the residues of an earlier one gets no position of its own. */
  dedupe: boolean;
  /** Whether records may share an ID, which then gets a suffix. Default: they may not. */
  sharedIds?: SharedIds;
}

type Name = (typeof SUMMED)[3][number] | 'blocks' | 'descriptions';
/** The last two are only there with `dedupe`. */
type Files = { [name in Exclude<Name, 'originals' | 'starts'>]: AppendFile } & {
  originals?: AppendFile;
  starts?: AppendFile;
};

/** Writes the files of an index, record by record, over all inputs. */
export class IndexWriter implements RecordSink {
  sequences = 0;
  /** Which sequences have a position, and in which batch. */
  readonly buckets: BucketWriter;
  /** Tokens of all complete records with a position. */
  tokens = 0;
  truncated = 0;
  /** Residues of all complete records. */
  residues = 0;
  readonly #files: Files;
  readonly #options: CutOptions;
  readonly #folder: string;
  readonly #ids: RowIds;
  readonly #inputs: { file: string; first: number; leftOut: number[] }[] = [];
  /** The current record's ID. */
  #id: Uint8Array = Buffer.allocUnsafe(256);
  #idLength = 0;
  #record = 0;
  /** The current record's description, escaped. */
  #description = Buffer.allocUnsafe(256);
  #descriptionLength = 0;
  /** The record whose description was written last. */
  #described = 0;
  /** Whether the current record has residues from before the current call of `fill`; or had, and is forgotten. */
  #spans: 'no' | 'yes' | 'dropped' = 'no';
  #filling = false;
  /** Records that were left out so far. */
  #leftOut = 0;
  /** Sequences whose IDs got a suffix; known once the index is finished. */
  renamed: Renamed = { sequences: 0, first: [] };
  /** Residues that a record left in the buffer when it was dropped within the current call of `fill`; others follow them. */
  #stale = 0;
  /** Residues of the complete records when `fill` was called. */
  #begun = 0;
  readonly #originals: Originals | null;

  private constructor(folder: string, files: Files, options: CutOptions) {
    this.#folder = folder;
    this.#files = files;
    this.#options = options;
    this.buckets = new BucketWriter(files, options.bucket, options.batchTokens);
    this.#originals = options.dedupe ? new Originals((ordinal) => this.#residuesAt(ordinal)) : null;
    files.residueOffsets.appendU64(0);
    this.#ids = new RowIds(files.ids, files.idOffsets, options.sharedIds ?? { shares: false, tail: 0 });
  }

  /** Creates the files in an existing folder. @throws RangeError for a limit that admits nothing. */
  static async create(folder: string, options: CutOptions): Promise<IndexWriter> {
    const { batchTokens, bucket } = options;
    if (!(batchTokens > 0)) throw new RangeError(`batchTokens is ${batchTokens}; it must be above 0`);
    if (!(bucket.sequences >= 1))
      throw new RangeError(`bucket.sequences is ${bucket.sequences}; it must be at least 1`);
    const opened: AppendFile[] = [];
    const create = async (name: string, room?: number) => {
      const file = await AppendFile.create(join(folder, name), room);
      opened.push(file);
      return file;
    };
    try {
      const files: Files = {
        residues: await create(FILES.residues),
        residueOffsets: await create(FILES.residueOffsets),
        ids: await create(FILES.ids),
        idOffsets: await create(FILES.idOffsets),
        windows: await create(FILES.windows),
        order: await create(FILES.order),
        batches: await create(FILES.batches),
        blocks: await create(FILES.blocks),
        // Escaped, 128 KiB of an input may be four times as long, behind a description that began before.
        descriptions: await create(FILES.descriptions, 2 * ROOM_BYTES),
        ...(options.dedupe && {
          originals: await create(FILES.originals),
          starts: await create(FILES.starts),
        }),
      };
      return new IndexWriter(folder, files, options);
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
  }

  /** Begins the next input. */
  beginInput(file: string): void {
    this.#inputs.push({ file, first: this.sequences, leftOut: [] });
    this.#described = 0;
    this.#ids.beginInput();
  }

  /** Begins a record. @throws InputError `too_many_records`. */
  header(id: Uint8Array, record: number, line: number, description?: Uint8Array): void {
    if (this.sequences === MOST_SEQUENCES) {
      const place = { file: this.#inputs.at(-1)?.file ?? '', record, line };
      const problem = `an index has room for ${grouped(MOST_SEQUENCES)} sequences; split the input and run each part`;
      throw new InputError('too_many_records', place, problem);
    }
    if (id.length > this.#id.length) this.#id = Buffer.allocUnsafe(2 * id.length);
    this.#id.set(id);
    this.#idLength = id.length;
    this.#record = record;
    if (record !== this.#described) this.#keepDescription(description);
    if (this.#spans === 'yes') this.#spans = 'no';
  }

  /** Lets `fill` write residues of the current record, and of the next ones, into the staging buffer. */
  appendResidues(fill: (staged: Uint8Array, at: number) => number): void {
    const { residues } = this.#files;
    const [begun, before] = [this.residues, residues.length];
    this.#begun = begun;
    this.#spans = 'yes';
    this.#filling = true;
    try {
      residues.appendWith(fill);
    } finally {
      this.#filling = false;
    }
    const spans: string = this.#spans;
    if (spans === 'dropped') residues.cut(begun, before);
    this.#stale = 0;
    this.#spans = 'no';
  }

  /** Completes the current record. Refuses it if an earlier record of any input has its ID. */
  end(residues: number): Refusal | null {
    const earlier = this.#ids.add(this.#id.subarray(0, this.#idLength), this.#record);
    if (earlier >= 0) {
      this.drop();
      const problem = `duplicate ID, first seen as ${this.#recordName(earlier)}; give every record a unique ID, or add --dedupe-ids suffix`;
      return { code: 'duplicate_id', problem };
    }
    if (this.#spans === 'yes') this.#spans = 'no';
    const start = this.residues;
    this.residues += residues;
    this.#files.residueOffsets.appendU64(this.residues);
    if (residues > this.#options.maxResidues) this.truncated++;
    this.buckets.add(residues);
    const ordinal = this.sequences++;
    const original =
      this.#originals?.add(ordinal, residues, () => this.#readResidues(start, residues)) ?? ordinal;
    this.#files.originals?.appendU32(original);
    this.#writeDescription();
    if (original !== ordinal) return null;
    const tokens = this.#options.tokensOf(residues);
    this.buckets.place(tokens);
    this.tokens += tokens;
    return null;
  }

  /** Forgets the current record. */
  drop(): void {
    const { residues } = this.#files;
    if (!this.#filling) residues.cut(this.residues, residues.length);
    else if (this.#spans === 'yes') {
      this.#spans = 'dropped';
      this.#stale = this.#files.residues.length - this.#begun;
    }
  }

  /** A record of the current input is left out. */
  leaveOut(): void {
    if (++this.#leftOut <= MOST_PLACES) this.#inputs.at(-1)!.leftOut.push(this.sequences);
  }

  get descriptionBytes(): number {
    return this.#files.descriptions.length;
  }

  get format(): IndexFormat {
    return this.#originals === null ? 2 : 3;
  }

  /** Makes room for `ROOM_BYTES` more in each file. */
  async settle(): Promise<void> {
    for (const [name, file] of Object.entries(this.#files))
      await file.settle(name === 'residues' ? this.residues : undefined);
  }

  /** Completes and syncs the files. @returns the SHA-256 of each. */
  async finish(): Promise<IndexSummary['files']> {
    this.buckets.finish();
    await this.#suffixIds();
    const { blocks } = this.#files;
    const digests: Partial<IndexSummary['files']> = {};
    for (const name of SUMMED[this.format]) {
      const { sha256, blocks: sums } = await this.#files[name]!.finish();
      digests[name] = sha256;
      for (const [at, sum] of sums.entries()) {
        blocks.appendU32(sum);
        if (at % SUMS_AT_ONCE === 0) await blocks.settle();
      }
    }
    digests.blocks = (await blocks.finish()).sha256;
    digests.descriptions = (await this.#files.descriptions.finish()).sha256;
    return digests as IndexSummary['files'];
  }

  async close(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.close();
  }

  /** The input of an earlier record with this ID, or null. */
  inputWith(id: Uint8Array): string | null {
    const ordinal = this.#ids.find(id);
    return ordinal < 0 ? null : (this.#inputOf(ordinal)?.file ?? null);
  }

  #inputOf(ordinal: number) {
    return this.#inputs.findLast(({ first }) => first <= ordinal);
  }

  #residuesAt(ordinal: number): Uint8Array {
    const bounds = this.#files.residueOffsets.readBack(8 * ordinal, 16);
    const start = Number(bounds.readBigUInt64LE(0));
    return this.#readResidues(start, Number(bounds.readBigUInt64LE(8)) - start);
  }

  /** Residues of a complete record, or of the current one. @param start among those of complete records. */
  #readResidues(start: number, length: number): Uint8Array {
    return this.#files.residues.readBack(start >= this.#begun ? start + this.#stale : start, length);
  }

  #keepDescription(description: Uint8Array | undefined): void {
    this.#descriptionLength = 0;
    if (description === undefined || description.length === 0) return;
    if (description.length > this.#description.length)
      this.#description = Buffer.allocUnsafe(2 * description.length);
    this.#description.set(description);
    this.#descriptionLength = description.length;
  }

  #writeDescription(): void {
    const { descriptions } = this.#files;
    if (this.#record === this.#described) descriptions.appendByte(TAB);
    else descriptions.append(this.#description, this.#descriptionLength);
    descriptions.appendByte(LINE_FEED);
    this.#described = this.#record;
  }

  /** Gives suffixes to IDs that several records have. */
  async #suffixIds(): Promise<void> {
    const { repeats } = this.#ids;
    if (repeats.ordinals.length === 0) return;
    const { ids, idOffsets } = this.#files;
    const renew = async ({ path }: AppendFile) => AppendFile.create(`${path}.new`);
    this.#files.ids = await renew(ids);
    try {
      this.#files.idOffsets = await renew(idOffsets);
      const to = { ids: this.#files.ids, offsets: this.#files.idOffsets };
      const { tail } = this.#options.sharedIds!;
      const isTaken = (base: Uint8Array) => this.#ids.isTaken(base);
      this.renamed = await suffixIds(ids, to, { repeats, tail, isTaken });
    } finally {
      await ids.close();
      if (this.#files.idOffsets !== idOffsets) await idOffsets.close();
    }
    await rename(this.#files.ids.path, join(this.#folder, FILES.ids));
    await rename(this.#files.idOffsets.path, join(this.#folder, FILES.idOffsets));
  }

  #recordName(ordinal: number): string {
    const input = this.#inputOf(ordinal);
    const file = displayName(input?.file ?? '');
    if (this.#leftOut > MOST_PLACES) return `an earlier record of ${file}`;
    const { first, leftOut } = input ?? { first: 0, leftOut: [] };
    const before = leftOut.filter((at) => at <= ordinal).length;
    return `record ${ordinal - first + before + 1} of ${file}`;
  }
}
