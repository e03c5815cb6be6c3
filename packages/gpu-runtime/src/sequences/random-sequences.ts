import type { Alphabet } from '../tokens/alphabet.js';

const LETTERS: Readonly<Record<Alphabet, string>> = { dna: 'ACGT', protein: 'ACDEFGHIKLMNPQRSTVWY' };

/** Sequences of random residues, the same each time (numbers by Marsaglia's xorshift32). */
export function randomSequences(alphabet: Alphabet, count: number, residues: number): Uint8Array[] {
  const letters = Buffer.from(LETTERS[alphabet]);
  let state = 2463534242;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return letters[(state >>> 0) % letters.length]!;
  };
  return Array.from({ length: count }, () => Uint8Array.from({ length: residues }, next));
}
