export type { LetterCounts } from './letter-counts.js';
export { letterCountsSchema } from './letter-counts.js';
export { type LetterPlan, letterPlan } from './letter-plan.js';
export { LetterSink } from './letter-sink.js';
export {
  AS_THEY_ARE,
  type LetterSwitches,
  type LetterUse,
  letterDifferences,
  letterUse,
  letterUseSchema,
} from './letter-use.js';
export { type LetterWarning, letterWarnings } from './letter-warnings.js';
