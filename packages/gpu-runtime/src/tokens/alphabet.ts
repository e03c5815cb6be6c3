import { checkOptions, oneOf } from '@holdfast/options';

/** The kind of a model's sequences. */
export type Alphabet = 'dna' | 'protein';

/** DNA: IUPAC nucleotides (Cornish-Bowden 1985), U and gaps. Protein: every letter, stop and gaps. */
const RESIDUES: Readonly<Record<Alphabet, string>> = {
  dna: 'ACGTURYSWKMBDHVN-.',
  protein: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ*-.',
};

/**
 * The bytes allowed in a sequence: 256 entries, 1 if the ASCII character is a residue of the alphabet, else
 * 0. Upper case only. A model may not know an allowed residue; it then reads it as "other".
 *
 * @throws RangeError for another alphabet.
 */
export function allowedResidues(alphabet: Alphabet): Uint8Array {
  checkOptions('allowedResidues', alphabet, oneOf(Object.keys(RESIDUES)), 'alphabet');
  const allowed = new Uint8Array(256);
  for (const residue of RESIDUES[alphabet]) allowed[residue.charCodeAt(0)] = 1;
  return allowed;
}
