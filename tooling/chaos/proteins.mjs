// Proteins of 30 to 120 residues by a seed, some of them with a residue that `poison_esm2` fails on.
import { random } from './random.mjs';

const STANDARD = 'ACDEFGHIKLMNPQRSTVWY';
const POISON = 'XBUZO';

/**
 * @returns the residues of each, and which of them (ordinals, ascending) hold one of X, B, U, Z and O.
 */
export function proteins(count, poisoned, seed) {
  const next = random(seed);
  const below = (end) => Math.floor(next() * end);
  const bad = new Set();
  while (bad.size < poisoned) bad.add(below(count));
  const sequences = Array.from({ length: count }, (_, ordinal) => {
    const residues = Array.from({ length: 30 + below(91) }, () => STANDARD[below(STANDARD.length)]);
    if (bad.has(ordinal)) residues[below(residues.length)] = POISON[below(POISON.length)];
    return residues.join('');
  });
  return { sequences, bad: [...bad].sort((a, b) => a - b) };
}

export const idOf = (ordinal) => `protein_${ordinal}`;

/** FASTA of all ordinals but these. */
export const fasta = (sequences, but = new Set()) =>
  sequences.map((residues, ordinal) => (but.has(ordinal) ? '' : `>${idOf(ordinal)}\n${residues}\n`)).join('');
