export { checkInputs } from './check-inputs.js';
export { FastaParser } from './fasta-parser.js';
export { displayName, InputError } from './input-error.js';
export { hashInput, type Input, openInput } from './open-input.js';
export type { InputOptions } from './raw-stream.js';
export { type RecordSink, ROOM_BYTES } from './record-sink.js';
export {
  countOf,
  type FrameRows,
  SixFrameSink,
  type Translation,
  type TranslationCount,
} from './translate/six-frame-sink.js';
export { noRow, withoutGaps, withoutRow } from './translate/without-row.js';
export { asInputError } from './unreadable-input.js';
