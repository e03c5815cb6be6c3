export { type BucketLimits, bucketLimits, PLAN } from './buckets.js';
export { buildIndex, type IndexProgress } from './build-index.js';
export { FILES, type IndexSummary } from './format.js';
export { IndexError } from './index-error.js';
export { inInputOrder } from './input-order.js';
export { type LetterCounts, letterCountsSchema } from './letters/letter-counts.js';
export { letterPlan } from './letters/letter-plan.js';
export {
  AS_THEY_ARE,
  type LetterUse,
  letterDifferences,
  letterUse,
  letterUseSchema,
} from './letters/letter-use.js';
export { type LetterWarning, letterWarnings } from './letters/letter-warnings.js';
export { indexSummary, openIndex } from './open-index.js';
export { type Padding, padding } from './padding.js';
export type { SequenceIndex } from './sequence-index.js';
export { type Shard, shardsOf } from './shards.js';
export { verifyIndex } from './verify-index.js';
