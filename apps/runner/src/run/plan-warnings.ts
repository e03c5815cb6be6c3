import { withoutGaps } from '@holdfast/fasta';
import type { LetterRules, ModelSource } from '@holdfast/gpu-runtime';
import { type IndexSummary, type LetterCounts, type LetterWarning, letterWarnings } from '@holdfast/plan';
import type { Request } from './request.js';

/** What was found when the run was planned. */
export interface Findings {
  letters?: LetterCounts;
  /** What was told of it. */
  warnings: readonly string[];
}

/** A warning, and the counts that it is made of if it is about letters. */
interface PlanWarning {
  message: string;
  facts?: LetterWarning['facts'];
}

/** What is known of the sequences' letters before anything is embedded. */
function planWarnings(
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

/** Tells what is known of the sequences before anything is embedded. @returns what belongs to the result. */
export function reportPlanWarnings(
  { model, letters: { rules }, report }: Request,
  summary: IndexSummary,
): Findings {
  // Only versions that count letters name the index in the run's record, and any other index is built again.
  const letters = summary.letters!;
  const warnings = planWarnings({ ...summary, letters }, model, rules);
  for (const { message, facts } of warnings)
    report({ type: 'warning', message, ...(facts && { letters: facts }) });
  return { letters, warnings: warnings.map(({ message }) => message) };
}
