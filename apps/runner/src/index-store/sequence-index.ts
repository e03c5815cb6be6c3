import type { IndexSummary } from './format.js';
import { damaged, type PositionalFile } from './positional-file.js';

/** Offsets read at once while weighing batches: 1 MiB. */
const OFFSETS_AT_ONCE = 128 * 1024;

/** The files that an open index reads from. */
export interface IndexFiles {
  residues: PositionalFile;
  residueOffsets: PositionalFile;
  ids: PositionalFile;
  idOffsets: PositionalFile;
}

/**
 * An index open for reading; calls may overlap. Ranges of ordinals are `[first, end)`: `end` is not part of them. All
 * methods that read throw IndexError if a file was damaged since, and RangeError for a range outside the index.
 */
export class SequenceIndex {
  readonly summary: IndexSummary;
  readonly #files: IndexFiles;
  readonly #starts: Uint32Array;

  constructor(summary: IndexSummary, files: IndexFiles, starts: Uint32Array) {
    this.summary = summary;
    this.#files = files;
    this.#starts = starts;
  }

  get sequences(): number {
    return this.summary.sequences;
  }

  get batches(): number {
    return this.summary.batches;
  }

  /** The ordinals of a batch. */
  batchRange(batch: number): [first: number, end: number] {
    checkRange('batch', batch, batch + 1, this.batches);
    return [this.#starts[batch]!, this.#starts[batch + 1]!];
  }

  /** The IDs of the sequences. */
  async ids(first: number, end: number): Promise<string[]> {
    const { bytes, offsets } = await this.#slice(this.#files.idOffsets, this.#files.ids, first, end);
    return Array.from({ length: end - first }, (_, i) =>
      bytes.toString('utf8', offsets[i]!, offsets[i + 1]! - 1),
    );
  }

  /** The residues of the sequences, upper case: views of one buffer that holds nothing else. */
  async residues(first: number, end: number): Promise<Uint8Array[]> {
    const { bytes, offsets } = await this.#slice(
      this.#files.residueOffsets,
      this.#files.residues,
      first,
      end,
    );
    return Array.from({ length: end - first }, (_, i) => bytes.subarray(offsets[i]!, offsets[i + 1]!));
  }

  /** How many residues the sequences have together. */
  async residueCount(first: number, end: number): Promise<number> {
    checkRange('sequence', first, end, this.sequences);
    const [from] = await this.#files.residueOffsets.readU64(first, first);
    const [to] = await this.#files.residueOffsets.readU64(end, end);
    return to! - from!;
  }

  /** How many residues each batch has; the weights for `planShards`. */
  async batchWeights(): Promise<Float64Array> {
    const starts = this.#starts;
    const bounds = new Float64Array(starts.length);
    for (let batch = 0; batch < starts.length; ) {
      const first = starts[batch]!;
      const last = Math.min(first + OFFSETS_AT_ONCE, this.sequences);
      const offsets = await this.#files.residueOffsets.readU64(first, last);
      for (; batch < starts.length && starts[batch]! <= last; batch++)
        bounds[batch] = offsets[starts[batch]! - first]!;
    }
    return Float64Array.from({ length: this.batches }, (_, batch) => bounds[batch + 1]! - bounds[batch]!);
  }

  async close(): Promise<void> {
    for (const file of Object.values(this.#files)) await file.close();
  }

  /** The bytes of a range, and each item's begin within them, with the end of the last. */
  async #slice(offsetFile: PositionalFile, file: PositionalFile, first: number, end: number) {
    checkRange('sequence', first, end, this.sequences);
    const offsets = await offsetFile.readU64(first, end);
    const start = offsets[0]!;
    for (let i = 1; i < offsets.length; i++) {
      if (offsets[i]! <= offsets[i - 1]!)
        throw damaged(offsetFile.path, `its offsets do not rise at ${first + i}`);
    }
    const bytes = await file.read(start, offsets[end - first]! - start);
    return { bytes, offsets: offsets.map((offset) => offset - start) };
  }
}

function checkRange(what: string, first: number, end: number, count: number): void {
  if (Number.isInteger(first) && Number.isInteger(end) && 0 <= first && first <= end && end <= count) return;
  throw new RangeError(`${what} ${first} to ${end} is outside the index, which has ${count}`);
}
