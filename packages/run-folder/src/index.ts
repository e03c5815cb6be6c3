export { giveUpOwnership, holdsRun, ownPaths, refuseOthersFiles, takeOwnership } from './folder-ownership.js';
export { type FormatName, formats, valueFormats, writeArray, writeTensors } from './formats/formats.js';
export { type Layout, layout, layoutOfTask, taskBeat } from './layout.js';
export { leavesOut } from './leaves-out.js';
export { keepWorkersOut, oldWorkersLimit, waitForOldWorkers } from './lock-folder.js';
export { modelOptions } from './model-options.js';
export { moveAside } from './move-aside.js';
export { type Output, type OutputFacts, refuseOutput, writeOutput, writtenWords } from './output-file.js';
export { refuseFile, refuseUnwritable, takeOutputFolder } from './output-folder.js';
export { columnBytes } from './outputs/column-bytes.js';
export { type FurtherFile, type FurtherRun, furtherFiles } from './outputs/further-files.js';
export { formatHolds, moreFiles } from './outputs/output-files.js';
export { ResultValues } from './outputs/result-values.js';
export {
  hasValues,
  outputsOf,
  type RowFile,
  type RunOutputs,
  rowFiles,
  rowWidth,
  runOutputsSchema,
  storedTypeOf,
  type ValueFile,
  valueFiles,
} from './outputs/run-outputs.js';
export { ValuePlaces } from './outputs/value-places.js';
export { type FoundQuarantined, findQuarantined, namedQuarantined } from './quarantine/find-quarantined.js';
export { errorLine, QUARANTINED, type Quarantined } from './quarantine/quarantined.js';
export { causeOf, isDue, isSetAside, namesDue, type Reattempt } from './quarantine/set-aside.js';
export { formatTable, type QuarantinedSequence } from './quarantine/table.js';
export { formatChecked, parseChecked } from './records/checked-json.js';
export { cutFieldsOf } from './records/cut-fields.js';
export { refuseForeignRecord } from './records/foreign-record.js';
export { type GivenModel, sameGiven } from './records/given-model.js';
export { knownRecord } from './records/known-record.js';
export { type PrecisionCost, readPrecisionCost, writePrecisionCost } from './records/precision-cost.js';
export { type Provenance, provenanceOf, settingsFacts } from './records/provenance.js';
export { provenRecord } from './records/recover-record.js';
export { parseResult, type ResultRecord, readResult, writeResultRecord } from './records/result-record.js';
export {
  type Asked,
  DamagedRecordError,
  differences,
  fingerprintOf,
  formatRunFacts,
  newRunRecord,
  type RunRecord,
  readRunRecord,
  writeRunRecord,
} from './records/run-record.js';
export {
  type RunStart,
  type RunStarts,
  readRunStarts,
  withStart,
  writeRunStarts,
} from './records/run-starts.js';
export { runWitnesses, shardFolders } from './records/run-witnesses.js';
export { refuseRunsNames } from './refuse-runs-names.js';
export { announceRestart, type CutOff, cutOffRestart, forgetRestart } from './restart-intent.js';
export {
  type ResultFolder,
  refuseOtherResult,
  refuseResultFolder,
  takeResultFolder,
} from './result-folder.js';
export { runElsewhere } from './run-elsewhere.js';
export { BusyError, RunFolderError } from './run-folder-error.js';
export { modelColumns } from './sequences/model-columns.js';
export {
  type ModelColumns,
  SEQUENCE_COLUMNS,
  type SequenceTable,
  sequenceTable,
} from './sequences/sequence-table.js';
export { evictClaims, leaveClaimFolder, takeClaimFolder } from './shard/claim-folder.js';
export { completeShard } from './shard/complete-shard.js';
export { findCheckpoints, rebuildFrom } from './shard/find-checkpoints.js';
export { reattemptedRows, withReattempted } from './shard/reattempted-rows.js';
export { type CompleteRun, resultRows } from './shard/result-rows.js';
export { ShardIncompleteError } from './shard/shard-incomplete-error.js';
export { checkpointFacts, retriedFacts, ShardCursor } from './shard/shard-plan.js';
export { type SavedState, standing } from './shard/standing.js';
export { outputLock, soleWriter } from './sole-writer.js';
export { reportCorrupt, tidyUp } from './tidy.js';
export { withoutLinks } from './without-links.js';
