import { BASES_OF } from './nucleotide.js';

/** Turns letters into sets of bases, in place, and removes gaps. */
export function ungapped(residues: Uint8Array): Uint8Array {
  let to = 0;
  for (let i = 0; i < residues.length; i++) {
    const bases = BASES_OF[residues[i]!]!;
    if (bases !== 0) residues[to++] = bases;
  }
  return residues.subarray(0, to);
}
