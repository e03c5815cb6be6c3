export { decide, type Progress, type Thresholds, type TriggerReason } from './decide.js';
export { resolveThresholds, VIRAL_MODE_VARIABLE } from './thresholds.js';
export { CheckpointTrigger, type TriggerOptions } from './trigger.js';
