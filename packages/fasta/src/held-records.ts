import { type RecordSink, ROOM_BYTES } from './record-sink.js';

/** A larger buffer is freed after its record. */
const KEEP_BYTES = 64 * 1024 * 1024;

/** A record whose residues are all there. */
export interface HeldRecord {
  /** A copy, with room for a suffix. */
  id: Uint8Array;
  /** Bytes of the ID itself. */
  idLength: number;
  /** Number within the input, from 1. */
  record: number;
  /** Of the header, from 1. */
  line: number;
  /** What the header says beside the ID, escaped. */
  description: Uint8Array;
}

/** What is done with whole records. */
export interface RecordTaker {
  /** @param residues valid until the promise resolves; may be changed. */
  take(record: HeldRecord, residues: Uint8Array): Promise<void>;
  /** Some records were taken, and no more are complete. */
  settle(): Promise<void>;
}

const NOTHING = new Uint8Array(0);

type Waiting = HeldRecord & {
  /** Undefined until the record is complete. */
  residues: number | undefined;
};

/** Holds each record in memory, one byte per residue, until it is complete, and then hands it over as a whole. */
export class HeldRecords implements RecordSink {
  readonly #taker: RecordTaker;
  readonly #room: number;
  readonly #records: Waiting[] = [];
  #held = new Uint8Array(2 * ROOM_BYTES);
  #used = 0;
  /** Whether the current record began before the current call of `fill`, or is to be forgotten as such. */
  #spans: 'no' | 'yes' | 'dropped' = 'no';
  /** The last record's description: what one record was cut into shares it. */
  #described: Pick<HeldRecord, 'record' | 'description'> = { record: 0, description: NOTHING };

  /** @param suffix most bytes that a taker appends to an ID. */
  constructor(taker: RecordTaker, suffix: number) {
    this.#taker = taker;
    this.#room = suffix;
  }

  header(id: Uint8Array, record: number, line: number, description: Uint8Array = NOTHING): void {
    const held = new Uint8Array(id.length + this.#room);
    held.set(id);
    if (record !== this.#described.record) this.#described = { record, description: description.slice() };
    const named = { id: held, idLength: id.length, ...this.#described };
    this.#records.push({ ...named, line, residues: undefined });
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

  /** Hands over all complete records. */
  async settle(): Promise<void> {
    let start = 0;
    for (const record of this.#records) {
      if (record.residues === undefined) break;
      const end = start + record.residues;
      await this.#taker.take(record, this.#held.subarray(start, end));
      start = end;
    }
    if (start === 0) return;
    const last = this.#records.at(-1)!;
    this.#records.length = 0;
    if (last.residues === undefined) this.#records.push(last);
    this.#held.copyWithin(0, start, this.#used);
    this.#used -= start;
    if (this.#held.length > KEEP_BYTES && this.#used < ROOM_BYTES) this.#resize(2 * ROOM_BYTES);
    await this.#taker.settle();
  }

  #resize(length: number): void {
    const other = new Uint8Array(length);
    other.set(this.#held.subarray(0, this.#used));
    this.#held = other;
  }
}

/** The record's own ID as text. */
export const idText = ({ id, idLength }: HeldRecord) =>
  Buffer.from(id.subarray(0, idLength)).toString('utf8');

/** The record's ID with an ASCII suffix; reuses the record's buffer. */
export function withSuffix({ id, idLength }: HeldRecord, suffix: string): Uint8Array {
  for (let i = 0; i < suffix.length; i++) id[idLength + i] = suffix.charCodeAt(i);
  return id.subarray(0, idLength + suffix.length);
}
