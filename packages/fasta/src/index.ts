export { FastaParser } from './fasta-parser.js';
export type { Fault, RecordFaultCode, Refusal } from './fault.js';
export { type FaultCounts, Faults } from './faults.js';
export { checkInputs } from './files/check-inputs.js';
export { hashInput, type Input, openInput } from './files/open-input.js';
export type { InputOptions } from './files/raw-stream.js';
export { asInputError } from './files/unreadable-input.js';
export { type IdRule, idRule } from './id-rule.js';
export { BadRecordsError, displayName, InputError, oneLine } from './input-error.js';
export { hasNotes, type InputNotes, noNotes, noteWarnings } from './input-notes.js';
export { type RecordSink, ROOM_BYTES } from './record-sink.js';
export { withinTime } from './time-limit.js';
export {
  countOf,
  type FrameRows,
  SixFrameSink,
  type Translation,
  type TranslationCount,
} from './translate/six-frame-sink.js';
export { noRow, withoutGaps, withoutRow } from './translate/without-row.js';
