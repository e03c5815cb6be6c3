import { type ChunkOptions, chunksOf } from './chunks.js';
import { type HeldRecord, HeldRecords, type RecordTaker, withSuffix } from './held-records.js';
import { isNew, type KnownRows, type SharedRows } from './known-rows.js';
import type { RecordSink } from './record-sink.js';
import { PORTION, SettlingRows } from './settling-rows.js';

/** Bytes of the longest suffix: a record has fewer than 2^53 residues. */
const SUFFIX = '_chunk_'.length + 16;

/**
 * Cuts each record into chunks. A chunk's ID is the record's ID and `_chunk_1`, `_chunk_2`, …, as in VirNucPro. It holds a
 * whole record in memory, one byte per residue.
 */
export class ChunkSink extends HeldRecords {
  /** @param known finds earlier rows with an ID; null if the rows do that themselves. */
  constructor(rows: RecordSink, options: ChunkOptions, known: KnownRows | null, shared: SharedRows) {
    super(new Chunker(new SettlingRows(rows), options, known, shared), SUFFIX);
  }
}

class Chunker implements RecordTaker {
  constructor(
    private readonly rows: SettlingRows,
    private readonly options: ChunkOptions,
    private readonly known: KnownRows | null,
    private readonly shared: SharedRows,
  ) {}

  async take(record: HeldRecord, residues: Uint8Array): Promise<void> {
    const chunks = [...chunksOf(residues.length, this.options)];
    const suffixes = chunks.map((_, at) => `_chunk_${at + 1}`);
    if (this.known !== null && !isNew(this.known, record, suffixes, 'chunk', this.shared)) return;
    for (const [nth, [start, end]] of chunks.entries()) {
      await this.rows.header(withSuffix(record, suffixes[nth]!), record);
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
}
