import type { Fault } from '../fault.js';
import { displayName } from '../input-error.js';
import { type RecordSink, ROOM_BYTES } from '../record-sink.js';
import { codonsOf, FRAMES, isOpen, translate } from './frame.js';
import { BASES_OF } from './nucleotide.js';

/** Which frames become rows: those without a stop, or all six. */
export type Translation = 'open' | 'all';

/** Codons per portion: the files' buffers must have room for many portions with their IDs. */
const PORTION = ROOM_BYTES >> 3;

/** A larger buffer is freed after its record. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** Most IDs that a warning lists. */
const NAMED = 5;

/** Receives the rows. */
export interface FrameRows extends RecordSink {
  /** The input of an earlier row with this ID, or null. */
  inputWith(id: Uint8Array): string | null;
}

/** Counts of the translated records. */
export interface TranslationCount {
  frames: Translation;
  records: number;
  /** Records without a row, and their first IDs. */
  without_row: number;
  /**
   * How many of these are shorter than a codon, so they have no frame; absent in indexes of earlier versions.
   */
  too_short?: number;
  first_without_row: string[];
  /** Gaps that were removed, how many records had some, and their first IDs; absent if there were none. */
  gaps?: { letters: number; records: number; first: string[] };
}

/** The count before the first record. */
export const countOf = (frames: Translation): TranslationCount => ({
  frames,
  records: 0,
  without_row: 0,
  too_short: 0,
  first_without_row: [],
});

interface HeldRecord {
  /** The record's ID, with room for a frame's name. */
  id: Uint8Array;
  record: number;
  line: number;
  /** Gaps included; undefined until the record is complete. */
  residues: number | undefined;
}

/** How a {@link SixFrameSink} treats records that share an ID. */
export interface SixFrameOptions {
  /** Whether they may: the rows then get suffixes. */
  sharesIds: boolean;
  /** Called for a record that cannot be used, and has no rows then. */
  fault(fault: Fault): void;
}

/**
 * Turns each record of nucleotides into a row for each of its reading frames. It holds the whole record in
 * memory, one byte per base, because the reverse strand begins at its end. It writes rows in portions.
 */
export class SixFrameSink implements RecordSink {
  readonly count: TranslationCount;
  readonly #rows: FrameRows;
  readonly #options: SixFrameOptions;
  readonly #records: HeldRecord[] = [];
  #held = new Uint8Array(2 * ROOM_BYTES);
  #used = 0;
  /** Bytes passed to the rows since they last settled. */
  #unsettled = 0;
  /** Whether the current record began before the current call of `fill`, or is to be forgotten as such. */
  #spans: 'no' | 'yes' | 'dropped' = 'no';

  /** @param count continues from earlier inputs. */
  constructor(rows: FrameRows, count: TranslationCount, options: SixFrameOptions) {
    this.#rows = rows;
    this.#options = options;
    this.count = count;
  }

  header(id: Uint8Array, record: number, line: number): void {
    const held = new Uint8Array(id.length + 2);
    held.set(id);
    this.#records.push({ id: held, record, line, residues: undefined });
    if (this.#spans === 'yes') this.#spans = 'no';
  }

  appendResidues(fill: (staged: Uint8Array, at: number) => number): void {
    if (this.#held.length - this.#used < ROOM_BYTES) this.#resize(2 * this.#held.length);
    // `settle` leaves only the residues of the current record.
    const before = this.#used;
    this.#spans = 'yes';
    this.#used = fill(this.#held, before);
    const spans: string = this.#spans;
    if (spans === 'dropped') {
      this.#held.copyWithin(0, before, this.#used);
      this.#used -= before;
    }
    this.#spans = 'no';
  }

  end(residues: number): null {
    this.#records.at(-1)!.residues = residues;
    return null;
  }

  drop(): void {
    this.#records.pop();
    if (this.#spans === 'yes') this.#spans = 'dropped';
  }

  /** Writes the rows of all complete records. */
  async settle(): Promise<void> {
    let start = 0;
    for (const record of this.#records) {
      if (record.residues === undefined) break;
      const end = start + record.residues;
      await this.#translate(record, this.#held.subarray(start, end));
      start = end;
    }
    if (start === 0) return;
    const last = this.#records.at(-1)!;
    this.#records.length = 0;
    if (last.residues === undefined) this.#records.push(last);
    this.#held.copyWithin(0, start, this.#used);
    this.#used -= start;
    if (this.#held.length > KEEP_BYTES && this.#used < ROOM_BYTES) this.#resize(2 * ROOM_BYTES);
    await this.#settleRows();
  }

  async #translate(record: HeldRecord, residues: Uint8Array): Promise<void> {
    const { id, line } = record;
    if (!this.#options.sharesIds && this.#isKnown(record)) return;
    const bases = ungapped(residues);
    this.#countGaps(id, residues.length - bases.length);
    let rows = 0;
    for (const frame of FRAMES) {
      const codons = codonsOf(frame, bases.length);
      if (this.count.frames === 'all' ? codons === 0 : !isOpen(frame, bases)) continue;
      await this.#makeRoom(id.length);
      this.#rows.header(named(id, frame.name), record.record, line);
      for (let first = 0; first < codons; first += PORTION) {
        const range = [first, Math.min(codons, first + PORTION)] as const;
        await this.#makeRoom(range[1] - first);
        this.#rows.appendResidues((staged, at) => translate(frame, bases, range, staged, at));
      }
      this.#rows.end(codons);
      rows++;
    }
    this.count.records++;
    if (rows > 0) return;
    this.count.without_row++;
    if (bases.length < 3) this.count.too_short = (this.count.too_short ?? 0) + 1;
    if (this.count.first_without_row.length < NAMED) this.count.first_without_row.push(textOf(id));
  }

  #countGaps(id: Uint8Array, letters: number): void {
    if (letters === 0) return;
    this.count.gaps ??= { letters: 0, records: 0, first: [] };
    const { gaps } = this.count;
    gaps.letters += letters;
    gaps.records++;
    if (gaps.first.length < NAMED) gaps.first.push(textOf(id));
  }

  /** A frame's ID is the record's ID and two letters, so rows share an ID only if records do. */
  #isKnown({ id, record, line }: HeldRecord): boolean {
    for (const { name } of FRAMES) {
      const file = this.#rows.inputWith(named(id, name));
      if (file === null) continue;
      const problem = `duplicate ID: an earlier record of ${displayName(file)} has it (row ${textOf(id)}${name}); give every record a unique ID`;
      this.#options.fault({ code: 'duplicate_id', record, line, id: textOf(id), problem });
      return true;
    }
    return false;
  }

  /** Settles the rows before they run out of room; not after each row, because a read has few codons. */
  async #makeRoom(bytes: number): Promise<void> {
    // Includes a row's offsets and line feed.
    this.#unsettled += bytes + 32;
    if (this.#unsettled > ROOM_BYTES / 2) {
      await this.#settleRows();
      this.#unsettled = bytes + 32;
    }
  }

  async #settleRows(): Promise<void> {
    await this.#rows.settle();
    this.#unsettled = 0;
  }

  #resize(length: number): void {
    const other = new Uint8Array(length);
    other.set(this.#held.subarray(0, this.#used));
    this.#held = other;
  }
}

/** Turns letters into sets of bases, in place, and removes gaps. */
function ungapped(residues: Uint8Array): Uint8Array {
  let to = 0;
  for (let i = 0; i < residues.length; i++) {
    const bases = BASES_OF[residues[i]!]!;
    if (bases !== 0) residues[to++] = bases;
  }
  return residues.subarray(0, to);
}

/** Appends a frame's name to the ID; reuses the same buffer. */
function named(id: Uint8Array, name: string): Uint8Array {
  id[id.length - 2] = name.charCodeAt(0);
  id[id.length - 1] = name.charCodeAt(1);
  return id;
}

const textOf = (id: Uint8Array) => Buffer.from(id.subarray(0, -2)).toString('utf8');
