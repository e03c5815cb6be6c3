import type { HeldRecord } from './held-records.js';
import { type RecordSink, ROOM_BYTES } from './record-sink.js';

/** Bytes of a row beside its ID and residues: offsets and a line feed. */
const OVERHEAD = 32;

/** Most residues to pass on at once: the files' buffers must have room for many portions with their IDs. */
export const PORTION = ROOM_BYTES >> 3;

/** Passes rows on, and settles them before they run out of room; not after each row, because many are short. */
export class SettlingRows {
  readonly #rows: RecordSink;
  /** Bytes passed on since the rows last settled. */
  #unsettled = 0;
  /** That of the last row, shared by all rows of a record. */
  #description: Uint8Array | null = null;

  constructor(rows: RecordSink) {
    this.#rows = rows;
  }

  /** @param id of the row. */
  async header(id: Uint8Array, record: HeldRecord): Promise<void> {
    const { description } = record;
    await this.#makeRoom(id.length + (description === this.#description ? 0 : description.length));
    this.#description = description;
    this.#rows.header(id, record.record, record.line, description);
  }

  /** @param fill writes `count` residues, `PORTION` at most. */
  async append(count: number, fill: (staged: Uint8Array, at: number) => number): Promise<void> {
    await this.#makeRoom(count);
    this.#rows.appendResidues(fill);
  }

  end(residues: number): void {
    this.#rows.end(residues);
  }

  async settle(): Promise<void> {
    await this.#rows.settle();
    this.#unsettled = 0;
  }

  async #makeRoom(bytes: number): Promise<void> {
    this.#unsettled += bytes + OVERHEAD;
    if (this.#unsettled > ROOM_BYTES / 2) {
      await this.settle();
      this.#unsettled = bytes + OVERHEAD;
    }
  }
}
