import type { BucketLimits } from '../buckets.js';
import { planBucket } from '../plan-bucket.js';
import type { AppendFile } from './append-file.js';

/** The tables of buckets, positions and batches; see `FILES`. */
export interface BucketFiles {
  windows: AppendFile;
  order: AppendFile;
  batches: AppendFile;
  starts?: AppendFile;
}

/** Divides sequences into buckets, and plans each bucket when it is full. */
export class BucketWriter {
  buckets = 0;
  batches = 0;
  /** Sequences with a position. */
  positions = 0;
  /** Tokens of all batches, padding included. */
  paddedTokens = 0;
  readonly #files: BucketFiles;
  readonly #limits: BucketLimits;
  readonly #batchTokens: number;
  /** Sequences so far, and the first of the current bucket. */
  #sequences = 0;
  #first = 0;
  #residues = 0;
  /** Ordinals and tokens of the bucket's sequences with a position. */
  #ordinals: number[] = [];
  #tokens: number[] = [];

  /** @param batchTokens token budget of a batch. */
  constructor(files: BucketFiles, limits: BucketLimits, batchTokens: number) {
    this.#files = files;
    this.#limits = limits;
    this.#batchTokens = batchTokens;
  }

  /** Adds the next sequence to a bucket. */
  add(residues: number): void {
    const held = this.#sequences - this.#first;
    if (held === this.#limits.sequences || (held > 0 && this.#residues + residues > this.#limits.residues))
      this.#close();
    this.#sequences++;
    this.#residues += residues;
  }

  /** Gives the sequence that was added last a position. */
  place(tokens: number): void {
    this.#ordinals.push(this.#sequences - 1);
    this.#tokens.push(tokens);
    this.positions++;
  }

  /** Plans the last bucket, and ends the tables. */
  finish(): void {
    this.#close();
    const { windows, batches, starts } = this.#files;
    windows.appendU32(this.#sequences);
    batches.appendU32(this.positions);
    starts?.appendU32(this.positions);
  }

  /** Plans the sequences added since the last bucket. */
  #close(): void {
    if (this.#sequences === this.#first) return;
    const { order, batches, paddedTokens } = planBucket(this.#tokens, this.#batchTokens);
    const start = this.positions - this.#ordinals.length;
    this.#files.windows.appendU32(this.#first);
    this.#files.starts?.appendU32(start);
    for (const at of order) this.#files.order.appendU32(this.#ordinals[at]!);
    for (const at of batches) this.#files.batches.appendU32(start + at);
    this.buckets++;
    this.batches += batches.length;
    this.paddedTokens += paddedTokens;
    this.#first = this.#sequences;
    this.#residues = 0;
    this.#ordinals = [];
    this.#tokens = [];
  }
}
