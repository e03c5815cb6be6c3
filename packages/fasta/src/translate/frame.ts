import { type CodonTables, codonIndex, STOP } from './codon-table.js';

/** One of a record's six reading frames. */
export interface Frame {
  /** Suffix that is appended to the record's ID. */
  name: string;
  /** Bases to skip at the start of the strand. */
  offset: 0 | 1 | 2;
  reverse: boolean;
}

/** The frames in order of their rows, with VirNucPro's names. */
export const FRAMES: readonly Frame[] = [false, true].flatMap((reverse) =>
  ([0, 1, 2] as const).map((offset) => ({ name: `${reverse ? 'R' : 'F'}${offset + 1}`, offset, reverse })),
);

/** Whole codons in this many bases. */
export function codonsOf({ offset }: Frame, bases: number): number {
  return Math.max(0, Math.floor((bases - offset) / 3));
}

/**
 * Translates codons `first` to `end` of a frame.
 *
 * @param tables of the genetic code.
 * @param bases the record's forward strand, as sets of bases.
 * @param out receives one ASCII letter per codon from index `at` on.
 * @returns the index after the last letter.
 */
export function translate(
  tables: CodonTables,
  frame: Frame,
  bases: Uint8Array,
  [first, end]: readonly [first: number, end: number],
  out: Uint8Array,
  at: number,
): number {
  const table = frame.reverse ? tables.reverse : tables.forward;
  const step = frame.reverse ? -3 : 3;
  let place = placeOf(frame, bases.length, first);
  for (let codon = first; codon < end; codon++, place += step) out[at++] = table[indexAt(bases, place)]!;
  return at;
}

/** Whether a frame has a codon, and none that is a stop in all readings. Stops at the first stop codon. */
export function isOpen(tables: CodonTables, frame: Frame, bases: Uint8Array): boolean {
  const codons = codonsOf(frame, bases.length);
  const table = frame.reverse ? tables.reverse : tables.forward;
  const step = frame.reverse ? -3 : 3;
  let place = placeOf(frame, bases.length, 0);
  for (let codon = 0; codon < codons; codon++, place += step) {
    if (table[indexAt(bases, place)] === STOP) return false;
  }
  return codons > 0;
}

/** A codon's place on the forward strand: the index of its leftmost base. */
export function placeOf({ offset, reverse }: Frame, bases: number, codon: number): number {
  return reverse ? bases - offset - 3 * (codon + 1) : offset + 3 * codon;
}

/** A codon's index in the tables, from its place. */
export function indexAt(bases: Uint8Array, place: number): number {
  return codonIndex(bases[place]!, bases[place + 1]!, bases[place + 2]!);
}
