import { ModelError } from '../model-error.js';
import type { Alphabet } from './alphabet.js';

/** Marks at a token's start or end: of a word, or of its continuation. */
const MARKS = /^(?:##|[Ġ▁])|(?:<\/w>|@@)$/gu;
const STANDARD = [...'ACDEFGHIKLMNPQRSTVWY'];

/**
 * The alphabet of a vocabulary, if it is clear. Tokens of several letters: DNA if all consist of ACGTUN, else
 * protein if all are capital letters. Only single residues: protein if all 20 amino acids are among them, DNA
 * if all are nucleotides.
 *
 * @param tokens without special ones.
 */
export function alphabetOf(tokens: Iterable<string>): Alphabet | undefined {
  const words = [...tokens].map((token) => token.replace(MARKS, '')).filter((word) => word !== '');
  const several = words.filter((word) => word.length > 1);
  if (several.length > 0) {
    if (several.every((word) => /^[ACGTUN]+$/i.test(word))) return 'dna';
    return several.every((word) => /^[A-Z]+$/.test(word)) ? 'protein' : undefined;
  }
  const residues = new Set(words);
  if (STANDARD.every((residue) => residues.has(residue))) return 'protein';
  const nucleotides = words.every((word) => /^[ACGTURYSWKMBDHVN.*-]$/i.test(word));
  return nucleotides && [...'ACG'].every((residue) => residues.has(residue)) ? 'dna' : undefined;
}

/** Token tables are rounded up by less than this many rows, for speed. */
const ROUNDED_TO = 128;

/**
 * Checks a vocabulary's size against the model's. The model may have more tokens only if its table looks
 * rounded up: a multiple of 8, larger by less than 128.
 *
 * @param path the vocabulary's file. @throws ModelError `model_bad_json`.
 */
export function checkVocabularySize(path: string, ids: Iterable<number>, expected: number | undefined): void {
  let size = 0;
  for (const id of ids) size = Math.max(size, id + 1);
  if (expected === undefined || size === expected) return;
  if (size < expected && expected % 8 === 0 && expected - size < ROUNDED_TO) return;
  throw new ModelError(
    'model_bad_json',
    path,
    `has ${size} tokens, too ${size > expected ? 'many' : 'few'} for a model of ${expected} (vocab_size in config.json)`,
    'copy the vocabulary that belongs to the model',
  );
}
