import { withoutRow } from '@holdfast/fasta';
import type { ModelSource } from '@holdfast/gpu-runtime';
import type { IndexSummary } from '@holdfast/plan';

type Model = Pick<ModelSource, 'name' | 'maxResidues'>;

/** What of the input is left out, as far as the plan knows: told before anything is embedded, and kept with the result. */
export function leftOut(
  model: Model,
  { truncated, translation }: Pick<IndexSummary, 'truncated' | 'translation'>,
): string[] {
  return [withoutRows(translation), cutOff(model, truncated)].filter((sentence) => sentence !== null);
}

/** Records that give no row, as nothing of them could be translated; null if there are none. */
export const withoutRows = (translation: IndexSummary['translation']): string | null =>
  translation === undefined ? null : withoutRow(translation);

/** Sequences that have more residues than the model reads; null if there are none. */
export function cutOff({ name, maxResidues }: Model, truncated: number): string | null {
  if (truncated === 0) return null;
  return `${truncated} sequence(s) are longer than the ${maxResidues} residues that ${name} takes; the rest of each was left out`;
}
