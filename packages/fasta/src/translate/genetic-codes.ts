/**
 * NCBI's genetic codes ("The Genetic Codes", version 4.6): what each changes in the standard code, and its start codons.
 * Codes 7, 8 and 17 to 20 were withdrawn by NCBI.
 */
const CODES: Readonly<Record<number, { changes: string; starts: string }>> = {
  1: { changes: '', starts: 'TTG CTG ATG' },
  2: { changes: 'AGA* AGG* ATAM TGAW', starts: 'ATT ATC ATA ATG GTG' },
  3: { changes: 'ATAM CTTT CTCT CTAT CTGT TGAW', starts: 'ATA ATG GTG' },
  4: { changes: 'TGAW', starts: 'TTA TTG CTG ATT ATC ATA ATG GTG' },
  5: { changes: 'AGAS AGGS ATAM TGAW', starts: 'TTG ATT ATC ATA ATG GTG' },
  6: { changes: 'TAAQ TAGQ', starts: 'ATG' },
  9: { changes: 'AAAN AGAS AGGS TGAW', starts: 'ATG GTG' },
  10: { changes: 'TGAC', starts: 'ATG' },
  11: { changes: '', starts: 'TTG CTG ATT ATC ATA ATG GTG' },
  12: { changes: 'CTGS', starts: 'CTG ATG' },
  13: { changes: 'AGAG AGGG ATAM TGAW', starts: 'TTG ATA ATG GTG' },
  14: { changes: 'AAAN AGAS AGGS TAAY TGAW', starts: 'ATG' },
  15: { changes: 'TAGQ', starts: 'ATG' },
  16: { changes: 'TAGL', starts: 'ATG' },
  21: { changes: 'TGAW ATAM AGAS AGGS AAAN', starts: 'ATG GTG' },
  22: { changes: 'TCA* TAGL', starts: 'ATG' },
  23: { changes: 'TTA*', starts: 'ATT ATG GTG' },
  24: { changes: 'AGAS AGGK TGAW', starts: 'TTG CTG ATG GTG' },
  25: { changes: 'TGAG', starts: 'TTG ATG GTG' },
  26: { changes: 'CTGA', starts: 'CTG ATG' },
  27: { changes: 'TAGQ TAAQ TGAW', starts: 'ATG' },
  28: { changes: 'TAAQ TAGQ TGAW', starts: 'ATG' },
  29: { changes: 'TAAY TAGY', starts: 'ATG' },
  30: { changes: 'TAAE TAGE', starts: 'ATG' },
  31: { changes: 'TGAW TAGE TAAE', starts: 'ATG' },
  32: { changes: 'TAGW', starts: 'TTG CTG ATT ATC ATA ATG GTG' },
  33: { changes: 'AGAS AGGK TAAY TGAW', starts: 'TTG CTG ATG GTG' },
};

/** NCBI's standard code: amino acids of TTT, TTC, TTA, TTG, TCT, … GGG. */
const STANDARD = 'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG';
/** The order of bases in that list. */
export const NCBI_ORDER = 'TCAG';

/** The numbers of the known genetic codes, ascending. */
export const GENETIC_CODES: readonly number[] = Object.keys(CODES).map(Number);

/** Codes whose stop codons are read as amino acids too, depending on the context. */
export const CODES_WITHOUT_STOPS: readonly number[] = [27, 28, 31];

/** A genetic code: for each codon, by its place in NCBI's order, the amino acid and whether it may start a protein. */
export interface GeneticCode {
  aminoAcids: string;
  starts: readonly boolean[];
}

/** @param code one of {@link GENETIC_CODES}. @throws RangeError for another. */
export function geneticCode(code: number): GeneticCode {
  const known = CODES[code];
  if (known === undefined)
    throw new RangeError(`there is no genetic code ${code}; NCBI has ${GENETIC_CODES.join(', ')}`);
  const aminoAcids = [...STANDARD];
  for (const change of words(known.changes)) aminoAcids[placeOf(change)] = change[3]!;
  const starts = aminoAcids.map(() => false);
  for (const codon of words(known.starts)) starts[placeOf(codon)] = true;
  return { aminoAcids: aminoAcids.join(''), starts };
}

const words = (text: string) => text.split(' ').filter((word) => word !== '');

/** A codon's place in NCBI's order. */
const placeOf = (codon: string) =>
  [...codon.slice(0, 3)].reduce((place, base) => 4 * place + NCBI_ORDER.indexOf(base), 0);
