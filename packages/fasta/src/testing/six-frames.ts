// Textbook translation, independent of the package's tables: strings, the codons of each amino acid, and
// every reading of an ambiguous codon.

const CODONS: Record<string, string> = {
  A: 'GCT GCC GCA GCG',
  C: 'TGT TGC',
  D: 'GAT GAC',
  E: 'GAA GAG',
  F: 'TTT TTC',
  G: 'GGT GGC GGA GGG',
  H: 'CAT CAC',
  I: 'ATT ATC ATA',
  K: 'AAA AAG',
  L: 'TTA TTG CTT CTC CTA CTG',
  M: 'ATG',
  N: 'AAT AAC',
  P: 'CCT CCC CCA CCG',
  Q: 'CAA CAG',
  R: 'CGT CGC CGA CGG AGA AGG',
  S: 'TCT TCC TCA TCG AGT AGC',
  T: 'ACT ACC ACA ACG',
  V: 'GTT GTC GTA GTG',
  W: 'TGG',
  Y: 'TAT TAC',
  '*': 'TAA TAG TGA',
};
const AMINO = new Map(
  Object.entries(CODONS).flatMap(([amino, list]) => list.split(' ').map((c) => [c, amino])),
);

const EXPANDED: Record<string, string> = {
  ...{ A: 'A', C: 'C', G: 'G', T: 'T', U: 'T', R: 'AG', Y: 'CT', S: 'GC', W: 'AT' },
  ...{ K: 'GT', M: 'AC', B: 'CGT', D: 'AGT', H: 'ACT', V: 'ACG', N: 'ACGT' },
};
export const LETTERS = Object.keys(EXPANDED);

const PAIRS: Record<string, string> = Object.fromEntries(
  'AT CG GC TA UA RY YR SS WW KM MK BV VB DH HD NN'.split(' ').map(([from, to]) => [from, to]),
);
export const reverseComplement = (letters: string) =>
  [...letters]
    .reverse()
    .map((letter) => PAIRS[letter])
    .join('');

const known = new Map<string, string>();

export function aminoAcid(codon: string): string {
  const before = known.get(codon);
  if (before !== undefined) return before;
  const [first, second, third] = [...codon].map((letter) => [...EXPANDED[letter]!]);
  const readings = first!.flatMap((a) => second!.flatMap((b) => third!.map((c) => AMINO.get(a + b + c)!)));
  const amino = new Set(readings).size === 1 ? readings[0]! : 'X';
  known.set(codon, amino);
  return amino;
}

export const protein = (letters: string) => (letters.match(/.../g) ?? []).map(aminoAcid).join('');

/** The rows of one record of FASTA residues, as `[ID, protein]`. */
export function sixFrames(id: string, residues: string, which: 'open' | 'all'): [string, string][] {
  const forward = residues.toUpperCase().replace(/[-.\s]/g, '');
  return [forward, reverseComplement(forward)]
    .flatMap((strand, reverse) =>
      [0, 1, 2].map(
        (skip) => [`${id}${'FR'[reverse]}${skip + 1}`, protein(strand.slice(skip))] as [string, string],
      ),
    )
    .filter(([, protein]) => protein !== '' && (which === 'all' || !protein.includes('*')));
}
