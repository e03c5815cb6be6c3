import { type ChunkOptions, chunksOf } from './chunks.js';
import { type HeldRecord, HeldRecords, idText, type RecordTaker, withSuffix } from './held-records.js';
import { displayName, InputError } from './input-error.js';
import type { RecordSink } from './record-sink.js';
import { PORTION, SettlingRows } from './settling-rows.js';

/** Bytes of the longest suffix: a record has fewer than 2^53 residues. */
const SUFFIX = '_chunk_'.length + 16;

/**
 * Cuts each record into chunks. A chunk's ID is the record's ID and `_chunk_1`, `_chunk_2`, …, as in VirNucPro. It holds a
 * whole record in memory, one byte per residue.
 */
export class ChunkSink extends HeldRecords {
  /**
   * @param file the input's name in errors.
   * @param inputWith the input of an earlier row with this ID, or null; undefined if the rows find duplicates themselves.
   */
  constructor(
    rows: RecordSink,
    file: string,
    options: ChunkOptions,
    inputWith?: (id: Uint8Array) => string | null,
  ) {
    super(new Chunker(new SettlingRows(rows), file, options, inputWith), SUFFIX);
  }
}

class Chunker implements RecordTaker {
  constructor(
    private readonly rows: SettlingRows,
    private readonly file: string,
    private readonly options: ChunkOptions,
    private readonly inputWith: ((id: Uint8Array) => string | null) | undefined,
  ) {}

  async take(record: HeldRecord, residues: Uint8Array): Promise<void> {
    let number = 0;
    for (const [start, end] of chunksOf(residues.length, this.options)) {
      const id = withSuffix(record, `_chunk_${++number}`);
      this.#refuseKnown(record, id);
      await this.rows.header(id, record.record, record.line);
      for (let at = start; at < end; at += PORTION) {
        const portion = residues.subarray(at, Math.min(end, at + PORTION));
        await this.rows.append(portion.length, (staged, to) => {
          staged.set(portion, to);
          return to + portion.length;
        });
      }
      this.rows.end(end - start);
    }
  }

  settle(): Promise<void> {
    return this.rows.settle();
  }

  #refuseKnown(held: HeldRecord, id: Uint8Array): void {
    const file = this.inputWith?.(id) ?? null;
    if (file === null) return;
    const { record, line } = held;
    const problem = `duplicate ID: an earlier record of ${displayName(file)} has it (chunk ${Buffer.from(id).toString('utf8')}); give every record a unique ID`;
    throw new InputError('duplicate_id', { file: this.file, record, line, id: idText(held) }, problem);
  }
}
