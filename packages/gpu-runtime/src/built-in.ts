import { fileURLToPath } from 'node:url';
import type { Alphabet } from './alphabet.js';
import { readDescriptor } from './descriptor.js';

/** The model that is used where none is named: canonical tetranucleotide frequency. */
export const DEFAULT_MODEL = 'tnf';

/** Models that ship in this package. */
export const BUILT_IN: readonly string[] = [DEFAULT_MODEL];

/** What each is, in a line. */
const ABOUT: Readonly<Record<string, string>> = {
  tnf: 'canonical tetranucleotide frequency: the share of each 4-mer, both strands together',
};

/** A model that ships in this package. */
export interface BuiltInModel {
  name: string;
  alphabet: Alphabet;
  /** Numbers in a row. */
  dim: number;
  /** What it is, in a line. */
  about: string;
  /** Whether it is used where none is named. */
  default: boolean;
}

/** A built-in model's folder. `models/` lies one step above this file's folder, `src` here and `dist` when packed. */
export function builtInFolder(name: string): string {
  return fileURLToPath(new URL(`../models/${name}`, import.meta.url));
}

/** The models that ship in this package, as their descriptors describe them; no graph is loaded. */
export async function builtInModels(): Promise<BuiltInModel[]> {
  return Promise.all(
    BUILT_IN.map(async (name) => {
      const { alphabet, dim } = await readDescriptor(builtInFolder(name));
      return { name, alphabet, dim, about: ABOUT[name] ?? '', default: name === DEFAULT_MODEL };
    }),
  );
}
