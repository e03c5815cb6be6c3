import type { Alphabet } from '@holdfast/gpu-runtime';

/** Residues of an input that are looked at. */
export const NUCLEOTIDE_SAMPLE = 10_000;

/** Proteins have about a quarter of these letters; nucleotides have no others but the few ambiguous ones. */
const LETTERS = Buffer.from('ACGTUN');
const NEARLY_ALL = 0.95;

/** Share of the residues that are A, C, G, T, U or N. @param residues upper case, 1 at least. */
function nucleotideShare(residues: Uint8Array): number {
  let count = 0;
  for (const residue of residues) if (LETTERS.includes(residue)) count++;
  return count / residues.length;
}

/**
 * The warning for a protein model given what looks like nucleotides, whose letters are amino acids too; else
 * null.
 *
 * @param residues the first of the input, upper case, over its first records.
 */
export function nucleotideWarning(
  residues: Uint8Array,
  model: { name: string; alphabet: Alphabet },
  translated: boolean,
): string | null {
  if (model.alphabet !== 'protein' || translated || residues.length === 0) return null;
  const share = nucleotideShare(residues);
  if (share < NEARLY_ALL) return null;
  const percent = Math.floor(1000 * share) / 10;
  return `the input looks like nucleotides (of its first ${residues.length} residues ${percent}% are A, C, G, T, U or N), but the model ${model.name} reads proteins, and takes each letter for an amino acid; if they are nucleotides, add --translate --force-restart to embed their reading frames; if they are proteins, there is nothing to do`;
}
