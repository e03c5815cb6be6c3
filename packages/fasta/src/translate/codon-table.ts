import { geneticCode, NCBI_ORDER } from './genetic-codes.js';
import { BASES, complement } from './nucleotide.js';

const X = 'X'.charCodeAt(0);

/** A stop codon in a translation. */
export const STOP = '*'.charCodeAt(0);

/** A codon's index in the tables, from the sets of bases at its three positions on the forward strand. */
export const codonIndex = (first: number, second: number, third: number): number =>
  (first << 8) | (second << 4) | third;

/** What a genetic code makes of each codon, by {@link codonIndex}; 4096 entries each. */
export interface CodonTables {
  /** Amino acid as ASCII. */
  forward: Uint8Array;
  /** Amino acid of the codon's reverse complement: what the other strand reads. */
  reverse: Uint8Array;
  /** 1 if all readings of the codon may start a protein. */
  forwardStart: Uint8Array;
  /** The same of its reverse complement. */
  reverseStart: Uint8Array;
}

const made = new Map<number, CodonTables>();

/** The tables of a genetic code. @param code NCBI's number. @throws RangeError for an unknown one. */
export function codonTables(code: number): CodonTables {
  let tables = made.get(code);
  if (tables === undefined) {
    tables = makeTables(code);
    made.set(code, tables);
  }
  return tables;
}

function makeTables(code: number): CodonTables {
  const { aminoAcids, starts } = geneticCode(code);
  const table = () => new Uint8Array(4096);
  const tables = { forward: table(), reverse: table(), forwardStart: table(), reverseStart: table() };
  for (let first = 1; first < 16; first++) {
    for (let second = 1; second < 16; second++) {
      for (let third = 1; third < 16; third++) {
        const readings = readingsOf(first, second, third);
        const amino = agreed(readings.map((place) => aminoAcids.charCodeAt(place)));
        const start = Number(readings.every((place) => starts[place]));
        const here = codonIndex(first, second, third);
        const there = codonIndex(complement(third), complement(second), complement(first));
        tables.forward[here] = amino;
        tables.forwardStart[here] = start;
        tables.reverse[there] = amino;
        tables.reverseStart[there] = start;
      }
    }
  }
  return tables;
}

/** The amino acid that all readings agree on, else X. */
function agreed(readings: readonly number[]): number {
  const [first] = readings;
  return readings.every((each) => each === first) ? first! : X;
}

/** The places in NCBI's order of all codons that an ambiguous one may be. */
function readingsOf(first: number, second: number, third: number): number[] {
  return places(first).flatMap((a) =>
    places(second).flatMap((b) => places(third).map((c) => 16 * a + 4 * b + c)),
  );
}

/** Indexes of a set's bases in NCBI's order. */
function places(bases: number): number[] {
  return [...BASES].flatMap((base, bit) => (bases & (1 << bit) ? [NCBI_ORDER.indexOf(base)] : []));
}
