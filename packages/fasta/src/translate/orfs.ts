import { type CodonTables, STOP } from './codon-table.js';
import { codonsOf, FRAMES, type Frame, indexAt, placeOf } from './frame.js';

/** Where an open reading frame may begin: at ATG, at any start codon of the genetic code, or right behind a stop. */
export type OrfStart = 'atg' | 'code' | 'any';

/** How open reading frames are found. */
export interface OrfOptions {
  /** Fewest amino acids of one. */
  min: number;
  start: OrfStart;
}

/** An open reading frame: codons `first` to `end` of a frame; its stop codon, if it has one, is not among them. */
export interface Orf {
  frame: Frame;
  first: number;
  end: number;
  /** Whether it begins with a start codon, which is then read as M. */
  started: boolean;
  /** Whether a stop codon follows; else it reaches the record's end. */
  stopped: boolean;
}

/**
 * The open reading frames of a record on both strands, frame by frame in the order of {@link FRAMES}, along the strand.
 * One ends before a stop codon or at the record's end. It begins at the first start codon behind the stop before it; at
 * the record's edge it may lack its start, and then begins there. An ambiguous codon is a stop, or a start, only if all of
 * its readings are.
 *
 * @param bases the record's forward strand, as sets of bases.
 */
export function* orfsOf(tables: CodonTables, bases: Uint8Array, options: OrfOptions): Generator<Orf> {
  for (const frame of FRAMES) {
    const codons = codonsOf(frame, bases.length);
    const table = frame.reverse ? tables.reverse : tables.forward;
    const isStart = startsOf(tables, frame, options.start);
    const step = frame.reverse ? -3 : 3;
    /** The codon behind the last stop. */
    let behind = 0;
    let started = -1;
    let place = placeOf(frame, bases.length, 0);
    for (let codon = 0; codon <= codons; codon++, place += step) {
      const index = codon < codons ? indexAt(bases, place) : -1;
      if (index >= 0 && table[index] !== STOP) {
        if (started < 0 && isStart?.(index)) started = codon;
        continue;
      }
      // At the record's edge, the start may lie before it.
      const first = behind === 0 || isStart === null ? behind : started;
      if (first >= 0 && codon - first >= options.min)
        yield { frame, first, end: codon, started: first === started, stopped: codon < codons };
      behind = codon + 1;
      started = -1;
    }
  }
}

/** Index of ATG and of its reverse complement in the tables. */
const ATG = (0b0001 << 8) | (0b1000 << 4) | 0b0100;
const CAT = (0b0010 << 8) | (0b0001 << 4) | 0b1000;

/** Tells whether a codon is a start; null if none is needed. */
function startsOf(
  { forwardStart, reverseStart }: CodonTables,
  { reverse }: Frame,
  start: OrfStart,
): ((index: number) => boolean) | null {
  if (start === 'any') return null;
  const atg = reverse ? CAT : ATG;
  if (start === 'atg') return (index) => index === atg;
  const table = reverse ? reverseStart : forwardStart;
  return (index) => table[index] === 1;
}

/**
 * Where an open reading frame lies in its record: its first and last base on the forward strand, both counted from 1 and
 * with its stop codon, as in Prodigal's headers and INSDC's CDS features.
 */
export function placeInRecord(orf: Orf, bases: number): readonly [left: number, right: number] {
  const { offset, reverse } = orf.frame;
  const [from, to] = [offset + 3 * orf.first, offset + 3 * (orf.end + Number(orf.stopped))];
  return reverse ? [bases - to + 1, bases - from] : [from + 1, to];
}
