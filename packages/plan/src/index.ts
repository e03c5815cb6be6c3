export { type BucketLimits, bucketLimits, PLAN } from './buckets.js';
export { CopiedRows } from './copied-rows.js';
export { buildIndex } from './index-store/build-index.js';
export { FILES, type IndexSummary } from './index-store/format.js';
export { IndexError } from './index-store/index-error.js';
export { type IndexFault, indexFaults } from './index-store/index-faults.js';
export type { IndexProgress } from './index-store/index-options.js';
export { indexSummary, openIndex, readSummary } from './index-store/open-index.js';
export { type RepeatedId, repeatedIds } from './index-store/repeated-ids.js';
export type { SequenceIndex } from './index-store/sequence-index.js';
export { verifyIndex } from './index-store/verify-index.js';
export { inInputOrder } from './input-order.js';
export { type LetterCounts, letterCountsSchema } from './letters/letter-counts.js';
export { letterPlan } from './letters/letter-plan.js';
export {
  AS_THEY_ARE,
  type LetterUse,
  letterDifferences,
  letterFacts,
  letterUse,
  letterUseSchema,
} from './letters/letter-use.js';
export { type LetterContext, type LetterWarning, letterWarnings } from './letters/letter-warnings.js';
export { NUCLEOTIDE_SAMPLE, nucleotideWarning } from './letters/nucleotide-likeness.js';
export { type Padding, paddingOf } from './padding.js';
export { type PlannedWork, plannedWork } from './planned-work.js';
export {
  type ReadingUse,
  readingDifferences,
  readingOptions,
  readingUse,
  readingUseSchema,
} from './reading-use.js';
export { type Shard, shardsOf } from './shards.js';
export { type KeptRows, withCopies } from './with-copies.js';
export { withoutLines } from './without-lines.js';
