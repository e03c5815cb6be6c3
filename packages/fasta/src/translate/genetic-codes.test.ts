import { expect, test } from 'vitest';
import { codonTables } from './codon-table.js';
import { CODES_WITHOUT_STOPS, GENETIC_CODES, geneticCode } from './genetic-codes.js';

/**
 * NCBI's tables ("The Genetic Codes"), as Biopython 1.88 has them: amino acids and start codons of TTT, TTC, TTA, TTG,
 * TCT, … GGG. Where a stop codon is an amino acid too (27, 28 and 31), the amino acid is shown.
 */
const NCBI: Record<number, readonly [aminoAcids: string, starts: string]> = {
  1: [
    'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '---M---------------M---------------M----------------------------',
  ],
  2: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSS**VVVVAAAADDEEGGGG',
    '--------------------------------MMMM---------------M------------',
  ],
  3: [
    'FFLLSSSSYY**CCWWTTTTPPPPHHQQRRRRIIMMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '----------------------------------MM---------------M------------',
  ],
  4: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '--MM---------------M------------MMMM---------------M------------',
  ],
  5: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSSSVVVVAAAADDEEGGGG',
    '---M----------------------------MMMM---------------M------------',
  ],
  6: [
    'FFLLSSSSYYQQCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  9: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG',
    '-----------------------------------M---------------M------------',
  ],
  10: [
    'FFLLSSSSYY**CCCWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  11: [
    'FFLLSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '---M---------------M------------MMMM---------------M------------',
  ],
  12: [
    'FFLLSSSSYY**CC*WLLLSPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-------------------M---------------M----------------------------',
  ],
  13: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNKKSSGGVVVVAAAADDEEGGGG',
    '---M------------------------------MM---------------M------------',
  ],
  14: [
    'FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNNKSSSSVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  15: [
    'FFLLSSSSYY*QCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  16: [
    'FFLLSSSSYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  21: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIMMTTTTNNNKSSSSVVVVAAAADDEEGGGG',
    '-----------------------------------M---------------M------------',
  ],
  22: [
    'FFLLSS*SYY*LCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  23: [
    'FF*LSSSSYY**CC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '--------------------------------M--M---------------M------------',
  ],
  24: [
    'FFLLSSSSYY**CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG',
    '---M---------------M---------------M---------------M------------',
  ],
  25: [
    'FFLLSSSSYY**CCGWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '---M-------------------------------M---------------M------------',
  ],
  26: [
    'FFLLSSSSYY**CC*WLLLAPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-------------------M---------------M----------------------------',
  ],
  27: [
    'FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  28: [
    'FFLLSSSSYYQQCCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  29: [
    'FFLLSSSSYYYYCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  30: [
    'FFLLSSSSYYEECC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  31: [
    'FFLLSSSSYYEECCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '-----------------------------------M----------------------------',
  ],
  32: [
    'FFLLSSSSYY*WCC*WLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSRRVVVVAAAADDEEGGGG',
    '---M---------------M------------MMMM---------------M------------',
  ],
  33: [
    'FFLLSSSSYYY*CCWWLLLLPPPPHHQQRRRRIIIMTTTTNNKKSSSKVVVVAAAADDEEGGGG',
    '---M---------------M---------------M---------------M------------',
  ],
};

test('every genetic code is that of NCBI', () => {
  expect(GENETIC_CODES).toEqual(Object.keys(NCBI).map(Number));
  for (const code of GENETIC_CODES) {
    const { aminoAcids, starts } = geneticCode(code);
    const shown = starts.map((start) => (start ? 'M' : '-')).join('');
    expect([code, aminoAcids, shown]).toEqual([code, ...NCBI[code]!]);
  }
});

test('the codes without a stop codon of their own are known', () => {
  const without = GENETIC_CODES.filter((code) => !geneticCode(code).aminoAcids.includes('*'));
  expect(without).toEqual(CODES_WITHOUT_STOPS);
});

test.each([0, 7, 8, 17, 34, 1.5])('there is no genetic code %d', (code) => {
  expect(() => codonTables(code)).toThrow(RangeError);
});
