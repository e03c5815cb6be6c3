import type { FrameRows, Refusal } from '@holdfast/fasta';
import type { LetterCounts } from './letter-counts.js';
import { GAPS, type LetterPlan, NOTABLE, RESIDUE, STOP } from './letter-plan.js';
import { LetterTally } from './letter-tally.js';

/** A missing rule matches nothing. */
const NO_BYTE = 256;

const GAPS_ONLY: Refusal = {
  code: 'no_residues',
  problem:
    'the sequence has nothing but gaps (- and .), which are left out; remove the record, or keep gaps with --keep-gaps',
};

/**
 * Counts the letters of sequences on their way into the index, and applies the run's changes. Scans each
 * portion once, and again only if it has notable letters. Holds back at most one letter of a sequence, a stop
 * that may be the final one.
 */
export class LetterSink implements FrameRows {
  readonly #rows: FrameRows;
  readonly #plan: LetterPlan;
  readonly #tally: LetterTally;
  /** The ID of the current record. */
  #id: Uint8Array = Buffer.allocUnsafe(256);
  #idLength = 0;
  #open = false;
  /** Whether a stop was read that is not passed on yet. */
  #held = false;
  /** Letters of the current record that were read, and that were passed on. */
  #read = 0;
  #passed = 0;
  #classes = 0;
  #stretch = 0;
  #longestStretch = 0;
  readonly #counts = new Uint32Array(256);
  /** The current portion; where the current record's unread letters in it begin; and where those end that are kept. */
  #staged: Uint8Array | null = null;
  #from = 0;
  #kept = 0;
  /** Both where the current record begins in this portion. */
  #begun = { from: 0, kept: 0 };

  constructor(rows: FrameRows, plan: LetterPlan) {
    this.#rows = rows;
    this.#plan = plan;
    this.#tally = new LetterTally(plan);
  }

  /** The counts so far. */
  get counts(): LetterCounts {
    return this.#tally.counts;
  }

  header(id: Uint8Array, record: number, line: number, description?: Uint8Array): void {
    if (id.length > this.#id.length) this.#id = Buffer.allocUnsafe(2 * id.length);
    this.#id.set(id);
    this.#idLength = id.length;
    this.#open = true;
    this.#begun.from = this.#from;
    this.#begun.kept = this.#kept;
    this.#rows.header(id, record, line, description);
  }

  appendResidues(fill: (staged: Uint8Array, at: number) => number): void {
    this.#rows.appendResidues((staged, at) => {
      this.#staged = staged;
      // Leave room for the stop that is held back.
      this.#from = at + (this.#held ? 1 : 0);
      this.#kept = at;
      this.#begun.from = this.#from;
      this.#begun.kept = at;
      const to = fill(staged, this.#from);
      if (this.#open) this.#scan(to);
      this.#staged = null;
      return this.#kept;
    });
  }

  end(residues: number): Refusal | null {
    // Without a portion, the input has ended, and all letters were read.
    if (this.#staged !== null) this.#scan(this.#from + residues - this.#read);
    const endsWithStop = this.#held;
    const letters = this.#passed + (endsWithStop ? 1 : 0);
    if (letters === 0) {
      this.drop();
      return GAPS_ONLY;
    }
    if (endsWithStop && !(this.#plan.dropsFinalStop && letters > 1)) this.#passStop();
    const refusal = this.#rows.end(this.#passed);
    if (refusal === null) this.#count(letters, endsWithStop);
    else this.#takeBack();
    this.#close();
    return refusal;
  }

  drop(): void {
    if (!this.#open) return;
    this.#rows.drop();
    this.#takeBack();
    this.#close();
  }

  settle(): Promise<void> {
    return this.#rows.settle();
  }

  inputWith(id: Uint8Array): string | null {
    return this.#rows.inputWith(id);
  }

  /** Reads letters of the current record. @param end where they end in the portion. */
  #scan(end: number): void {
    const staged = this.#staged!;
    const { classes } = this.#plan;
    const from = this.#from;
    this.#read += end - from;
    this.#from = end;
    // Not read with the rest: every gene in a file may have one, and no other notable letter.
    const stop = end > from && staged[end - 1] === STOP;
    const to = stop ? end - 1 : end;
    let found = 0;
    for (let i = from; i < to; i++) found |= classes[staged[i]!]!;
    this.#classes |= found;
    if ((found & NOTABLE) !== 0) this.#passNotable(staged, from, to);
    else if (to > from) this.#passAll(staged, from, to);
    if (stop) this.#readStop();
  }

  /** Passes letters on as they are. */
  #passAll(staged: Uint8Array, from: number, to: number): void {
    if (this.#held) this.#passStop();
    const kept = this.#kept;
    if (kept !== from) staged.copyWithin(kept, from, to);
    this.#pass(staged, kept, kept + to - from);
  }

  /** Passes letters on, some of which are changed or left out, and counts them. */
  #passNotable(staged: Uint8Array, from: number, to: number): void {
    const { readAs, dropsGaps } = this.#plan;
    const counts = this.#counts;
    const { from: replaced, to: replacement } = readAs ?? { from: NO_BYTE, to: 0 };
    const [dash = NO_BYTE, dot = NO_BYTE] = dropsGaps ? GAPS : [];
    let start = this.#kept;
    let kept = start;
    for (let i = from; i < to; i++) {
      const byte = staged[i]!;
      if (byte === STOP) {
        this.#pass(staged, start, kept);
        this.#readStop();
        start = this.#kept;
        kept = start;
        continue;
      }
      counts[byte]!++;
      if (byte === dash || byte === dot) continue;
      if (this.#held) {
        this.#passStop();
        start = this.#kept;
        kept = start;
      }
      staged[kept++] = byte === replaced ? replacement : byte;
    }
    this.#pass(staged, start, kept);
  }

  /** Letters in the portion are passed on. */
  #pass(staged: Uint8Array, from: number, to: number): void {
    this.#kept = to;
    this.#passed += to - from;
    if (this.#plan.longestWord === undefined) return;
    // Letters in a row, which end at a gap or stop.
    for (let i = from; i < to; i++) {
      this.#stretch = staged[i]! >= 0x41 ? this.#stretch + 1 : 0;
      if (this.#stretch > this.#longestStretch) this.#longestStretch = this.#stretch;
    }
  }

  #readStop(): void {
    if (this.#held) this.#passStop();
    this.#held = true;
    this.#classes |= this.#plan.classes[STOP]!;
    this.#counts[STOP]!++;
  }

  /** Passes on the stop that is held back. */
  #passStop(): void {
    this.#held = false;
    this.#passed++;
    this.#stretch = 0;
    if (this.#staged === null) this.#rows.appendResidues(appendStop);
    else this.#staged[this.#kept++] = STOP;
  }

  /** Counts the current record. */
  #count(residues: number, endsWithStop: boolean): void {
    const classes = this.#classes;
    const longestStretch = this.#longestStretch;
    const { longestWord = Number.POSITIVE_INFINITY } = this.#plan;
    if (classes === RESIDUE && longestStretch <= longestWord) return;
    const id = () => Buffer.from(this.#id.subarray(0, this.#idLength)).toString('utf8');
    this.#tally.add({ counts: this.#counts, classes, residues, endsWithStop, longestStretch, id });
  }

  /** The current record's letters in this portion are overwritten. */
  #takeBack(): void {
    this.#from = this.#begun.from;
    this.#kept = this.#begun.kept;
  }

  /** No record is open. */
  #close(): void {
    if ((this.#classes & NOTABLE) !== 0) this.#counts.fill(0);
    this.#open = false;
    this.#held = false;
    this.#read = 0;
    this.#passed = 0;
    this.#classes = 0;
    this.#stretch = 0;
    this.#longestStretch = 0;
  }
}

function appendStop(staged: Uint8Array, at: number): number {
  staged[at] = STOP;
  return at + 1;
}
