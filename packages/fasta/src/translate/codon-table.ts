import { BASES, complement } from './nucleotide.js';

/** Amino acids of TTT, TTC, TTA, TTG, TCT, … GGG, bases in the order TCAG: NCBI's standard genetic code 1. */
const STANDARD = 'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG';
const NCBI_ORDER = 'TCAG';

const X = 'X'.charCodeAt(0);

/** A stop codon in a translation. */
export const STOP = '*'.charCodeAt(0);

/** A codon's index in the tables, from the sets of bases at its three positions on the forward strand. */
export const codonIndex = (first: number, second: number, third: number): number =>
  (first << 8) | (second << 4) | third;

/** The amino acid that all readings of a codon agree on, else X. */
function agreed(first: number, second: number, third: number): number {
  let agreed = 0;
  for (const a of places(first)) {
    for (const b of places(second)) {
      for (const c of places(third)) {
        const amino = STANDARD.charCodeAt(16 * a + 4 * b + c);
        if (agreed !== 0 && agreed !== amino) return X;
        agreed = amino;
      }
    }
  }
  return agreed;
}

/** Indexes of a set's bases in NCBI's order. */
function places(bases: number): number[] {
  return [...BASES].flatMap((base, bit) => (bases & (1 << bit) ? [NCBI_ORDER.indexOf(base)] : []));
}

/** Amino acid of each codon as ASCII, by {@link codonIndex}; 4096 entries. */
export const FORWARD: Uint8Array = new Uint8Array(4096);
/** Amino acid of the codon's reverse complement, by the same index: what the other strand reads. */
export const REVERSE: Uint8Array = new Uint8Array(4096);
for (let first = 1; first < 16; first++) {
  for (let second = 1; second < 16; second++) {
    for (let third = 1; third < 16; third++) {
      const amino = agreed(first, second, third);
      FORWARD[codonIndex(first, second, third)] = amino;
      REVERSE[codonIndex(complement(third), complement(second), complement(first))] = amino;
    }
  }
}
