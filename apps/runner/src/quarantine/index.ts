export { type FoundQuarantined, findQuarantined } from './find-quarantined.js';
export {
  countKinds,
  type KindCounts,
  NONE,
  type QuarantineLimit,
  quarantineLimits,
  tooManyQuarantined,
} from './limit.js';
export {
  errorLine,
  formatQuarantined,
  parseQuarantined,
  QUARANTINED,
  type Quarantined,
} from './quarantined.js';
export { isDue, isSetAside, namesDue, type Retry } from './set-aside.js';
export { formatTable, type QuarantinedSequence } from './table.js';
