import { fileURLToPath } from 'node:url';

/** The model that is used where none is named: canonical tetranucleotide frequency. */
export const DEFAULT_MODEL = 'tnf';

/** Models that ship in this package. */
export const BUILT_IN: readonly string[] = [DEFAULT_MODEL];

/** A built-in model's folder. `models/` lies one step above this file's folder, `src` here and `dist` when packed. */
export function builtInFolder(name: string): string {
  return fileURLToPath(new URL(`../models/${name}`, import.meta.url));
}
