export { formatChecked } from './checked-json.js';
export { giveUpOwnership, holdsRun, ownPaths, takeOwnership } from './folder-ownership.js';
export { refuseForeignRecord } from './foreign-record.js';
export { type FormatName, formats } from './formats/formats.js';
export { knownRecord } from './known-record.js';
export { type Layout, layout } from './layout.js';
export { leavesOut } from './leaves-out.js';
export { oldWorkersLimit, waitForOldWorkers } from './lock-folder.js';
export { modelOptions } from './model-options.js';
export { takeOutputFolder } from './output-folder.js';
export { type FoundQuarantined, findQuarantined } from './quarantine/find-quarantined.js';
export { errorLine, QUARANTINED, type Quarantined } from './quarantine/quarantined.js';
export { causeOf, isDue, isSetAside, namesDue, type Reattempt } from './quarantine/set-aside.js';
export { formatTable, type QuarantinedSequence } from './quarantine/table.js';
export { announceRestart, type CutOff, cutOffRestart, forgetRestart } from './restart-intent.js';
export { parseResult, type ResultRecord, readResult, writeResultRecord } from './result-record.js';
export { BusyError, RunFolderError } from './run-folder-error.js';
export {
  type Asked,
  differences,
  fingerprintOf,
  formatRunFacts,
  newRunRecord,
  type RunRecord,
  readRunRecord,
  writeRunRecord,
} from './run-record.js';
export { completeShard } from './shard/complete-shard.js';
export { findCheckpoints, rebuildFrom } from './shard/find-checkpoints.js';
export { reattemptedRows, withReattempted } from './shard/reattempted-rows.js';
export { ShardIncompleteError } from './shard/shard-incomplete-error.js';
export { checkpointFacts, retriedFacts, ShardCursor } from './shard/shard-plan.js';
export { reportCorrupt, tidyUp } from './tidy.js';
