export { FastaParser } from './fasta-parser.js';
export { checkInputs } from './files/check-inputs.js';
export { hashInput, type Input, openInput } from './files/open-input.js';
export type { InputOptions } from './files/raw-stream.js';
export { asInputError } from './files/unreadable-input.js';
export { displayName, InputError } from './input-error.js';
export { type RecordSink, ROOM_BYTES } from './record-sink.js';
export {
  countOf,
  type FrameRows,
  SixFrameSink,
  type Translation,
  type TranslationCount,
} from './translate/six-frame-sink.js';
export { noRow, withoutGaps, withoutRow } from './translate/without-row.js';
