import type { FrameRows } from '@holdfast/fasta';
import type { LetterCounts } from './letter-counts.js';
import { type LetterPlan, NOTABLE, RESIDUE, STOP } from './letter-plan.js';
import { LetterTally } from './letter-tally.js';

/**
 * Counts the letters of sequences on their way into the index, and applies the run's changes. Scans each
 * portion once, and again only if it has notable letters. Holds back at most one byte of a sequence between
 * two portions.
 */
export class LetterSink implements FrameRows {
  readonly #rows: FrameRows;
  readonly #plan: LetterPlan;
  readonly #tally: LetterTally;
  /** The ID of the current record. */
  #id: Uint8Array = Buffer.allocUnsafe(256);
  #idLength = 0;
  #open = false;
  /** A stop at the end of the last portion: it is not yet known to be the final one. */
  #held = false;
  /** Residues of the current record that have been scanned. */
  #done = 0;
  #classes = 0;
  #stretch = 0;
  #longestStretch = 0;
  readonly #counts = new Uint32Array(256);
  /** The current portion, and where the current record's residues in it begin. */
  #staged: Uint8Array | null = null;
  #from = 0;
  /** Places in it that are dropped. */
  #dropped: number[] = [];

  constructor(rows: FrameRows, plan: LetterPlan) {
    this.#rows = rows;
    this.#plan = plan;
    this.#tally = new LetterTally(plan);
  }

  /** The counts so far. */
  get counts(): LetterCounts {
    return this.#tally.counts;
  }

  header(id: Uint8Array, record: number, line: number): void {
    if (id.length > this.#id.length) this.#id = Buffer.allocUnsafe(2 * id.length);
    this.#id.set(id);
    this.#idLength = id.length;
    this.#open = true;
    this.#rows.header(id, record, line);
  }

  appendResidues(fill: (staged: Uint8Array, at: number) => number): void {
    this.#rows.appendResidues((staged, at) => {
      this.#staged = staged;
      this.#from = at;
      if (this.#held) staged[at] = STOP;
      let to = fill(staged, at + (this.#held ? 1 : 0));
      this.#held = this.#open && to > this.#from && staged[to - 1] === STOP;
      if (this.#held) to--;
      if (this.#open) this.#scan(this.#from, to);
      this.#staged = null;
      return this.#closeGaps(staged, to);
    });
  }

  end(residues: number): void {
    const drops = this.#plan.dropsFinalStop && residues > 1;
    let endsWithStop: boolean;
    if (this.#staged === null) {
      // The input ended. Everything but a held stop has been scanned.
      endsWithStop = this.#held;
      this.#held = false;
      if (endsWithStop && !drops) this.#rows.appendResidues(appendStop);
    } else {
      const end = this.#from + residues - this.#done;
      endsWithStop = end > this.#from && this.#staged[end - 1] === STOP;
      // Not scanned with the rest: every gene in a file may have one, and no other notable letter.
      this.#scan(this.#from, endsWithStop ? end - 1 : end);
      this.#from = end;
      if (endsWithStop && drops) this.#dropped.push(end - 1);
    }
    if (endsWithStop) {
      this.#classes |= this.#plan.classes[STOP]!;
      this.#counts[STOP]!++;
    }
    this.#close(residues, endsWithStop);
    this.#rows.end(endsWithStop && drops ? residues - 1 : residues);
  }

  settle(): Promise<void> {
    return this.#rows.settle();
  }

  inputWith(id: Uint8Array): string | null {
    return this.#rows.inputWith(id);
  }

  /** Scans residues of the current record. */
  #scan(from: number, end: number): void {
    const staged = this.#staged!;
    const { classes, readAs, longestWord } = this.#plan;
    let found = 0;
    for (let i = from; i < end; i++) found |= classes[staged[i]!]!;
    this.#classes |= found;
    if (longestWord !== undefined) this.#measureStretches(staged, from, end);
    if ((found & NOTABLE) !== 0) {
      const counts = this.#counts;
      // No byte is above 255, so a missing rule matches nothing.
      const { from: replaced, to } = readAs ?? { from: 256, to: 0 };
      for (let i = from; i < end; i++) {
        const byte = staged[i]!;
        counts[byte]!++;
        if (byte === replaced) staged[i] = to;
      }
    }
    this.#done += end - from;
    this.#from = end;
  }

  /** Measures letters in a row, which end at a gap or stop. */
  #measureStretches(staged: Uint8Array, from: number, end: number): void {
    for (let i = from; i < end; i++) {
      this.#stretch = staged[i]! >= 0x41 ? this.#stretch + 1 : 0;
      if (this.#stretch > this.#longestStretch) this.#longestStretch = this.#stretch;
    }
  }

  /** Completes the current record. */
  #close(residues: number, endsWithStop: boolean): void {
    const classes = this.#classes;
    const longestStretch = this.#longestStretch;
    const { longestWord = Number.POSITIVE_INFINITY } = this.#plan;
    if (classes !== RESIDUE || longestStretch > longestWord) {
      const id = () => Buffer.from(this.#id.subarray(0, this.#idLength)).toString('utf8');
      this.#tally.add({ counts: this.#counts, classes, residues, endsWithStop, longestStretch, id });
      if ((classes & NOTABLE) !== 0) this.#counts.fill(0);
    }
    this.#open = false;
    this.#done = 0;
    this.#classes = 0;
    this.#stretch = 0;
    this.#longestStretch = 0;
  }

  /** Closes the gaps of dropped places. @returns the index after the last residue. */
  #closeGaps(staged: Uint8Array, end: number): number {
    const dropped = this.#dropped;
    if (dropped.length === 0) return end;
    let to = dropped[0]!;
    for (const [i, place] of dropped.entries()) {
      const next = dropped[i + 1] ?? end;
      staged.copyWithin(to, place + 1, next);
      to += next - place - 1;
    }
    this.#dropped = [];
    return to;
  }
}

function appendStop(staged: Uint8Array, at: number): number {
  staged[at] = STOP;
  return at + 1;
}
