import { codonIndex, FORWARD, REVERSE, STOP } from './codon-table.js';

/** One of the six ways to read a record in codons. */
export interface Frame {
  /** Suffix of the row's ID, after the record's. */
  name: string;
  /** Bases left out at the strand's beginning. */
  offset: 0 | 1 | 2;
  reverse: boolean;
}

/** The frames in the order of their rows, named as VirNucPro names them. */
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
 * @param bases the record's forward strand, a set of bases each.
 * @param out receives an ASCII letter a codon from index `at` on.
 * @returns the index after the last letter.
 */
export function translate(
  frame: Frame,
  bases: Uint8Array,
  [first, end]: readonly [first: number, end: number],
  out: Uint8Array,
  at: number,
): number {
  const table = frame.reverse ? REVERSE : FORWARD;
  const step = frame.reverse ? -3 : 3;
  let place = placeOf(frame, bases.length, first);
  for (let codon = first; codon < end; codon++, place += step) out[at++] = table[indexAt(bases, place)]!;
  return at;
}

/** Whether a frame has a codon, and none that is a stop in all its readings. Looks no further than the first stop. */
export function isOpen(frame: Frame, bases: Uint8Array): boolean {
  const codons = codonsOf(frame, bases.length);
  const table = frame.reverse ? REVERSE : FORWARD;
  const step = frame.reverse ? -3 : 3;
  let place = placeOf(frame, bases.length, 0);
  for (let codon = 0; codon < codons; codon++, place += step) {
    if (table[indexAt(bases, place)] === STOP) return false;
  }
  return codons > 0;
}

/** A codon's place on the forward strand: that of its leftmost base. */
function placeOf({ offset, reverse }: Frame, bases: number, codon: number): number {
  return reverse ? bases - offset - 3 * (codon + 1) : offset + 3 * codon;
}

function indexAt(bases: Uint8Array, place: number): number {
  return codonIndex(bases[place]!, bases[place + 1]!, bases[place + 2]!);
}
