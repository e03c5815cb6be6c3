import { type LeftOut, NO_FRAME } from '../fault.js';
import { type HeldRecord, HeldRecords, idText, type RecordTaker, withSuffix } from '../held-records.js';
import { isNew, type KnownRows, type SharedRows } from '../known-rows.js';
import type { RecordSink } from '../record-sink.js';
import { PORTION, SettlingRows } from '../settling-rows.js';
import { ungapped } from './bases.js';
import { type CodonTables, codonTables } from './codon-table.js';
import { codonsOf, FRAMES, isOpen, translate } from './frame.js';
import { type Orf, type OrfOptions, orfsOf, placeInRecord } from './orfs.js';
import { countRecord, type TranslationCount } from './translation-count.js';
import { whyNoRow } from './without-row.js';

/** NCBI's standard code. */
export const STANDARD_CODE = 1;

/** What becomes of a record of nucleotides. */
export type Translation = (
  | { frames: 'open' | 'all' }
  /** `min` is in amino acids. */
  | ({ frames: 'orfs' } & OrfOptions)
) & {
  /** Number of NCBI's genetic code. */
  code: number;
};

/** Receives the rows. */
export interface FrameRows extends RecordSink, KnownRows {}

/** What is done with records, beside making rows of them. */
export interface RecordsLeftOut extends SharedRows {
  /** Called for a record that gives no row. */
  leftOut?(record: LeftOut): void;
}

/** Room for `#LEFT#RIGHT#-1`: a record has fewer than 2^53 bases. */
const SUFFIX = 3 * 17 + 3;

const M = 'M'.charCodeAt(0);
const FRAME_NAMES = FRAMES.map(({ name }) => name);

/**
 * Turns each record of nucleotides into a row for each of its reading frames, or of the open ones in these. It holds the
 * whole record in memory, one byte per base, because the reverse strand begins at its end. It writes rows in portions.
 */
export class TranslationSink extends HeldRecords {
  /** @param count continues from earlier inputs. */
  constructor(rows: FrameRows, translation: Translation, count: TranslationCount, shared: RecordsLeftOut) {
    super(new Translator(rows, translation, count, shared), SUFFIX);
  }
}

/** A row: a stretch of a frame, and the suffix of its ID. */
type Row = Pick<Orf, 'frame' | 'first' | 'end' | 'started'> & { suffix: string };

class Translator implements RecordTaker {
  readonly #known: FrameRows;
  readonly #rows: SettlingRows;
  readonly #tables: CodonTables;

  constructor(
    rows: FrameRows,
    private readonly translation: Translation,
    private readonly count: TranslationCount,
    private readonly shared: RecordsLeftOut,
  ) {
    this.#known = rows;
    this.#rows = new SettlingRows(rows);
    this.#tables = codonTables(translation.code);
  }

  async take(record: HeldRecord, residues: Uint8Array): Promise<void> {
    const bases = ungapped(residues);
    const rows = [...this.#rowsOf(bases)];
    // A record whose frames have stops is known by the ID of any frame.
    const suffixes = this.translation.frames === 'orfs' ? rows.map(({ suffix }) => suffix) : FRAME_NAMES;
    if (!isNew(this.#known, record, suffixes, 'row', this.shared)) return;
    for (const row of rows) await this.#write(record, bases, row);
    const gaps = residues.length - bases.length;
    const id = idText(record);
    countRecord(this.count, id, { bases: bases.length, gaps, rows: rows.length });
    if (rows.length > 0) return;
    const problem = whyNoRow(this.translation.frames, bases.length);
    this.shared.leftOut?.({ code: NO_FRAME, record: record.record, line: record.line, id, problem });
  }

  settle(): Promise<void> {
    return this.#rows.settle();
  }

  *#rowsOf(bases: Uint8Array): Generator<Row> {
    const { translation } = this;
    if (translation.frames === 'orfs') {
      for (const [at, orf] of [...orfsOf(this.#tables, bases, translation)].entries()) {
        const [left, right] = placeInRecord(orf, bases.length);
        yield { ...orf, suffix: `_${at + 1}#${left}#${right}#${orf.frame.reverse ? -1 : 1}` };
      }
      return;
    }
    for (const frame of FRAMES) {
      const codons = codonsOf(frame, bases.length);
      if (translation.frames === 'all' ? codons === 0 : !isOpen(this.#tables, frame, bases)) continue;
      yield { frame, first: 0, end: codons, started: false, suffix: frame.name };
    }
  }

  async #write(record: HeldRecord, bases: Uint8Array, { frame, first, end, started, suffix }: Row) {
    await this.#rows.header(withSuffix(record, suffix), record);
    for (let from = first; from < end; from += PORTION) {
      const range = [from, Math.min(end, from + PORTION)] as const;
      await this.#rows.append(range[1] - from, (staged, at) => {
        const to = translate(this.#tables, frame, bases, range, staged, at);
        if (started && from === first) staged[at] = M;
        return to;
      });
    }
    this.#rows.end(end - first);
  }
}
