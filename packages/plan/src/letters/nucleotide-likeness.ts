import { LONGEST_READ } from '@holdfast/fasta';
import type { Alphabet } from '@holdfast/gpu-runtime';
import { grouped } from '@holdfast/options';

/** Residues of the input to check. */
export const NUCLEOTIDE_SAMPLE = 10_000;

/** These letters make up about a quarter of a protein, and nearly all of a nucleotide sequence. */
const LETTERS = Buffer.from('ACGTUN');
const NEARLY_ALL = 0.95;

/** Share of the residues that are A, C, G, T, U or N. @param residues upper case, at least 1. */
function nucleotideShare(residues: Uint8Array): number {
  let count = 0;
  for (const residue of residues) if (LETTERS.includes(residue)) count++;
  return count / residues.length;
}

/**
 * The warning for a protein model whose input looks like nucleotides, else null. Nucleotide letters are all
 * amino acids too, so no other check would notice.
 *
 * @param residues the first residues of the input, upper case, over its first records. @param meanLength of all its sequences.
 */
export function nucleotideWarning(
  residues: Uint8Array,
  model: { name: string; alphabet: Alphabet },
  { translated, meanLength }: { translated: boolean; meanLength: number },
): string | null {
  if (model.alphabet !== 'protein' || translated || residues.length === 0) return null;
  const share = nucleotideShare(residues);
  if (share < NEARLY_ALL) return null;
  const percent = Math.floor(1000 * share) / 10;
  // In a record longer than a read, stop codons are in all six frames.
  const [option, rows] =
    meanLength > LONGEST_READ
      ? ['--translate=orfs', 'their open reading frames, as for contigs and genomes']
      : ['--translate', 'their reading frames without a stop codon, as for reads'];
  return `the input looks like nucleotides (${percent}% of its first ${grouped(residues.length)} residues are A, C, G, T, U or N), but the model ${model.name} reads proteins and treats each letter as an amino acid; if they are nucleotides, add ${option} --force-restart to embed ${rows}; if they are proteins, ignore this warning`;
}
