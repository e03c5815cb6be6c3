import { fileURLToPath } from 'node:url';
import type { Alphabet } from './tokens/alphabet.js';

/** The default model: canonical tetranucleotide frequency. */
export const DEFAULT_MODEL = 'tnf';

/** A model that ships in this package. */
export interface BuiltInModel {
  name: string;
  alphabet: Alphabet;
  /** Numbers in a row. */
  dim: number;
  /** A row's meaning, in one line. */
  description: string;
}

const MODELS: readonly BuiltInModel[] = [
  {
    name: DEFAULT_MODEL,
    alphabet: 'dna',
    dim: 136,
    description: 'canonical tetranucleotide frequency: share of each 4-mer, both strands as one',
  },
  {
    name: 'aac',
    alphabet: 'protein',
    dim: 20,
    description: 'amino-acid composition: share of each standard amino acid',
  },
];

/** The models that ship in this package, the default first. `resolveModel` takes each name. */
export const builtInModels = (): BuiltInModel[] => MODELS.map((model) => ({ ...model }));

/** Their names. */
export const BUILT_IN: readonly string[] = MODELS.map(({ name }) => name);

/** A built-in model's folder. `models/` is beside this file's folder, `src` here and `dist` when packed. */
export function builtInFolder(name: string): string {
  return fileURLToPath(new URL(`../models/${name}`, import.meta.url));
}
