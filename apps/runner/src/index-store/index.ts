export { type BuildIndexOptions, buildIndex, type IndexProgress } from './build-index.js';
export type { IndexSummary } from './format.js';
export { IndexError, type IndexErrorCode } from './index-error.js';
export { indexSummary, openIndex } from './open-index.js';
export { type BatchRun, planShards } from './plan-shards.js';
export type { SequenceIndex, Window } from './sequence-index.js';
export { verifyIndex } from './verify-index.js';
export { PLAN, type WindowLimits, windowLimits } from './windows.js';
