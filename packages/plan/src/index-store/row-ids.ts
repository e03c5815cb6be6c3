import type { AppendFile } from './append-file.js';
import { GrowingU32 } from './growing-u32.js';
import { IdSet } from './id-set.js';

const LINE_FEED = 0x0a;

/** Whether rows may share an ID while they are read. */
export interface SharedIds {
  /** If not, a repeated ID is reported. If so, `finish` of the index appends a suffix. */
  shares: boolean;
  /** Bytes at the end of an ID that name a part of a record, and stay behind the suffix. */
  tail: number;
}

/** Rows of a record whose ID an earlier record has. */
export interface Repeats {
  /** The first ordinal of each such record, ascending, and how many rows it has. */
  ordinals: GrowingU32;
  rows: GrowingU32;
  /** The earlier record with the ID: a number below `isTaken`'s records. */
  groups: GrowingU32;
}

/** The IDs of an index, and which rows share one. */
export class RowIds {
  readonly repeats: Repeats = {
    ordinals: new GrowingU32(),
    rows: new GrowingU32(),
    groups: new GrowingU32(),
  };
  readonly #options: SharedIds;
  readonly #ids: AppendFile;
  readonly #offsets: AppendFile;
  readonly #set = new IdSet((number) => this.#base(number));
  /** First ordinal of each record in the set, if records share IDs. */
  readonly #firsts = new GrowingU32();
  #rows = 0;
  /** The record of the last row. */
  #record = -1;
  #repeated = false;

  constructor(ids: AppendFile, offsets: AppendFile, options: SharedIds) {
    this.#ids = ids;
    this.#offsets = offsets;
    this.#options = options;
    offsets.appendU64(0);
  }

  /** The next rows are of another input. */
  beginInput(): void {
    this.#record = -1;
  }

  /** Adds the next row's ID. @returns the ordinal that has it already, or -1. */
  add(id: Uint8Array, record: number): number {
    if (!this.#options.shares) {
      const earlier = this.#set.add(id);
      if (earlier >= 0) return earlier;
    } else this.#addShared(id, record);
    this.#ids.append(id);
    this.#ids.appendByte(LINE_FEED);
    this.#offsets.appendU64(this.#ids.length);
    this.#rows++;
    return -1;
  }

  /** The ordinal with this ID, or -1; only if rows do not share IDs. */
  find(id: Uint8Array): number {
    return this.#set.find(id);
  }

  /** Whether an ID (without its tail) is that of a record, as it was read. */
  isTaken(base: Uint8Array): boolean {
    return this.#set.find(base) >= 0;
  }

  #addShared(id: Uint8Array, record: number): void {
    const { tail } = this.#options;
    const { ordinals, rows, groups } = this.repeats;
    if (tail > 0 && record === this.#record) {
      if (this.#repeated) rows.setLast(rows.at(rows.length - 1) + 1);
      return;
    }
    this.#record = record;
    const group = this.#set.add(id.subarray(0, id.length - tail));
    this.#repeated = group >= 0;
    if (group < 0) {
      this.#firsts.push(this.#rows);
      return;
    }
    ordinals.push(this.#rows);
    rows.push(1);
    groups.push(group);
  }

  /** What the set compares: the ID of a row, or that of a record. */
  #base(number: number): Uint8Array {
    const { shares, tail } = this.#options;
    const id = this.#idAt(shares ? this.#firsts.at(number) : number);
    return shares ? id.subarray(0, id.length - tail) : id;
  }

  #idAt(ordinal: number): Uint8Array {
    const bounds = this.#offsets.readBack(8 * ordinal, 16);
    const start = Number(bounds.readBigUInt64LE(0));
    const end = Number(bounds.readBigUInt64LE(8));
    return this.#ids.readBack(start, end - 1 - start);
  }
}
