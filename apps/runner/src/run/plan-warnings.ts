import { withoutGaps } from '@holdfast/fasta';
import type { LetterRules, ModelSource } from '@holdfast/gpu-runtime';
import { type IndexSummary, type LetterCounts, type LetterWarning, letterWarnings } from '@holdfast/plan';

/** A warning, and the counts that it is made of if it is about letters. */
export interface PlanWarning {
  message: string;
  facts?: LetterWarning['facts'];
}

/** What is known of the sequences' letters before anything is embedded. */
export function planWarnings(
  { letters, sequences, translation }: IndexSummary & { letters: LetterCounts },
  { name, recipe, zeroRowMeaning }: ModelSource,
  { spreads }: LetterRules,
): PlanWarning[] {
  const gaps = translation ? withoutGaps(translation) : null;
  // A graph that makes rows itself and says when they are zeros leaves out what it does not know.
  const ignores = recipe.output.pooling === 'none' && zeroRowMeaning !== undefined;
  return [
    ...(gaps === null ? [] : [{ message: gaps }]),
    ...letterWarnings(letters, { model: name, sequences, ignores, spreads }),
  ];
}
