import { join } from 'node:path';
import { displayName, InputError, type RecordSink, ROOM_BYTES } from '@holdfast/fasta';
import type { BucketLimits } from '../buckets.js';
import { planBucket } from '../plan-bucket.js';
import { AppendFile } from './append-file.js';
import { FILES, type IndexFormat, type IndexSummary, SUMMED } from './format.js';
import { IdSet } from './id-set.js';
import { Originals } from './originals.js';

/**
 * `IdSet` stores ordinal + 1 in 32 bits, and the tables of buckets and batches store the number of sequences.
 */
const MOST_SEQUENCES = 2 ** 32 - 2;
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
}

type Name = Exclude<keyof typeof FILES, 'summary'>;
/** The last two are only there with `dedupe`. */
type Files = { [name in Exclude<Name, 'originals' | 'starts'>]: AppendFile } & {
  originals?: AppendFile;
  starts?: AppendFile;
};

/** Writes the files of an index, record by record, over all inputs. */
export class IndexWriter implements RecordSink {
  sequences = 0;
  buckets = 0;
  batches = 0;
  /** Tokens of all complete records with a position. */
  tokens = 0;
  /** Tokens of all batches, padding included. */
  paddedTokens = 0;
  truncated = 0;
  /** Sequences with the residues of an earlier one. */
  copies = 0;
  /** Residues of all complete records. */
  residues = 0;
  readonly #files: Files;
  readonly #options: CutOptions;
  readonly #seen = new IdSet((ordinal) => this.#idAt(ordinal));
  readonly #inputs: { file: string; first: number }[] = [];
  readonly #originals: Originals | null;
  /** First ordinal of the current bucket, its sequences with a position, and the tokens of each. */
  #bucketFirst = 0;
  #bucketOrdinals: number[] = [];
  #bucketTokens: number[] = [];
  #bucketResidues = 0;

  private constructor(files: Files, options: CutOptions) {
    this.#files = files;
    this.#options = options;
    this.#originals = options.dedupe ? new Originals((ordinal) => this.#residuesAt(ordinal)) : null;
    files.residueOffsets.appendU64(0);
    files.idOffsets.appendU64(0);
  }

  /** Creates the files in an existing folder. @throws RangeError for a limit that admits nothing. */
  static async create(folder: string, options: CutOptions): Promise<IndexWriter> {
    const { batchTokens, bucket } = options;
    if (!(batchTokens > 0)) throw new RangeError(`batchTokens is ${batchTokens}; it must be above 0`);
    if (!(bucket.sequences >= 1))
      throw new RangeError(`bucket.sequences is ${bucket.sequences}; it must be at least 1`);
    const opened: AppendFile[] = [];
    const create = async (name: string) => {
      const file = await AppendFile.create(join(folder, name));
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
        ...(options.dedupe && {
          originals: await create(FILES.originals),
          starts: await create(FILES.starts),
        }),
      };
      return new IndexWriter(files, options);
    } catch (error) {
      for (const file of opened) await file.close();
      throw error;
    }
  }

  /** Begins the next input. */
  beginInput(file: string): void {
    this.#inputs.push({ file, first: this.sequences });
  }

  /** Begins a record. @throws InputError `duplicate_id` if an earlier record of any input has its ID. */
  header(id: Uint8Array, record: number, line: number): void {
    const place = {
      file: this.#inputs.at(-1)?.file ?? '',
      record,
      line,
      id: Buffer.from(id).toString('utf8'),
    };
    if (this.sequences === MOST_SEQUENCES) {
      const problem = `an index has room for ${MOST_SEQUENCES} sequences; split the input and run each part`;
      throw new InputError('too_many_records', place, problem);
    }
    const earlier = this.#seen.add(id);
    if (earlier >= 0) {
      const problem = `duplicate ID, first seen as ${this.#recordName(earlier)}; give every record a unique ID`;
      throw new InputError('duplicate_id', place, problem);
    }
    this.#files.ids.append(id);
    this.#files.ids.appendByte(LINE_FEED);
    this.#files.idOffsets.appendU64(this.#files.ids.length);
  }

  /** Lets `fill` write residues of the current record into the staging buffer. */
  appendResidues(fill: (staged: Uint8Array, at: number) => number): void {
    this.#files.residues.appendWith(fill);
  }

  /** Completes the current record. */
  end(residues: number): void {
    const start = this.residues;
    this.residues += residues;
    this.#files.residueOffsets.appendU64(this.residues);
    if (residues > this.#options.maxResidues) this.truncated++;
    const { sequences: mostSequences, residues: mostResidues } = this.#options.bucket;
    const held = this.sequences - this.#bucketFirst;
    if (held === mostSequences || (held > 0 && this.#bucketResidues + residues > mostResidues))
      this.#closeBucket();
    const ordinal = this.sequences++;
    this.#bucketResidues += residues;
    const original =
      this.#originals?.add(ordinal, residues, () => this.#files.residues.readBack(start, residues)) ??
      ordinal;
    this.#files.originals?.appendU32(original);
    if (original !== ordinal) {
      this.copies++;
      return;
    }
    const tokens = this.#options.tokensOf(residues);
    this.#bucketOrdinals.push(ordinal);
    this.#bucketTokens.push(tokens);
    this.tokens += tokens;
  }

  get format(): IndexFormat {
    return this.#originals === null ? 2 : 3;
  }

  /** Makes room for `ROOM_BYTES` more in each file. */
  async settle(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.settle();
  }

  /** Completes and syncs the files. @returns the SHA-256 of each. */
  async finish(): Promise<IndexSummary['files']> {
    this.#closeBucket();
    const { windows, batches, blocks, starts } = this.#files;
    windows.appendU32(this.sequences);
    batches.appendU32(this.#positions);
    starts?.appendU32(this.#positions);
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
    return digests as IndexSummary['files'];
  }

  async close(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.close();
  }

  /** The input of an earlier record with this ID, or null. */
  inputWith(id: Uint8Array): string | null {
    const ordinal = this.#seen.find(id);
    return ordinal < 0 ? null : (this.#inputOf(ordinal)?.file ?? null);
  }

  #inputOf(ordinal: number) {
    return this.#inputs.findLast(({ first }) => first <= ordinal);
  }

  /** Plans the sequences added since the last bucket. */
  #closeBucket(): void {
    if (this.sequences === this.#bucketFirst) return;
    const { order, batches, paddedTokens } = planBucket(this.#bucketTokens, this.#options.batchTokens);
    const start = this.#positions - this.#bucketOrdinals.length;
    this.#files.windows.appendU32(this.#bucketFirst);
    this.#files.starts?.appendU32(start);
    for (const at of order) this.#files.order.appendU32(this.#bucketOrdinals[at]!);
    for (const at of batches) this.#files.batches.appendU32(start + at);
    this.buckets++;
    this.batches += batches.length;
    this.paddedTokens += paddedTokens;
    this.#bucketFirst = this.sequences;
    this.#bucketOrdinals = [];
    this.#bucketTokens = [];
    this.#bucketResidues = 0;
  }

  get #positions(): number {
    return this.sequences - this.copies;
  }

  #residuesAt(ordinal: number): Uint8Array {
    const bounds = this.#files.residueOffsets.readBack(8 * ordinal, 16);
    const start = Number(bounds.readBigUInt64LE(0));
    return this.#files.residues.readBack(start, Number(bounds.readBigUInt64LE(8)) - start);
  }

  #idAt(ordinal: number): Uint8Array {
    const bounds = this.#files.idOffsets.readBack(8 * ordinal, 16);
    const start = Number(bounds.readBigUInt64LE(0));
    const end = Number(bounds.readBigUInt64LE(8));
    return this.#files.ids.readBack(start, end - 1 - start);
  }

  #recordName(ordinal: number): string {
    const input = this.#inputOf(ordinal);
    return `record ${ordinal - (input?.first ?? 0) + 1} of ${displayName(input?.file ?? '')}`;
  }
}
