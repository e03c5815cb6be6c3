/**
 * Nucleotides as sets of bases, one bit each: an ambiguous letter is the set of its readings, and the other
 * strand is the bits in reverse order. Letters: IUPAC (Cornish-Bowden 1985), and U, which is T.
 */
const READINGS: Readonly<Record<string, string>> = {
  A: 'A',
  C: 'C',
  G: 'G',
  T: 'T',
  U: 'T',
  R: 'AG',
  Y: 'CT',
  S: 'CG',
  W: 'AT',
  K: 'GT',
  M: 'AC',
  B: 'CGT',
  D: 'AGT',
  H: 'ACT',
  V: 'ACG',
  N: 'ACGT',
};

/** Bases in order of their bits, lowest first. */
export const BASES = 'ACGT';

/** Set of bases of each byte, 256 entries; 0 unless it is a nucleotide (a gap is not). Upper case only. */
export const BASES_OF: Uint8Array = new Uint8Array(256);
for (const [letter, readings] of Object.entries(READINGS)) {
  for (const base of readings) BASES_OF[letter.charCodeAt(0)]! |= 1 << BASES.indexOf(base);
}

/** The set on the other strand: A and T, C and G change places. */
export function complement(bases: number): number {
  return ((bases & 1) << 3) | ((bases & 2) << 1) | ((bases & 4) >> 1) | ((bases & 8) >> 3);
}
