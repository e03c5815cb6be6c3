export { decide, type Progress, type Thresholds, type TriggerPolicy, type TriggerReason } from './decide.js';
export { everyBytes, firstOf, onceAborted } from './policies.js';
export { resolveThresholds, VIRAL_MODE_VARIABLE } from './thresholds.js';
export { CheckpointTrigger, type TriggerOptions } from './trigger.js';
