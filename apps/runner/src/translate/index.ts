export {
  countOf,
  type FrameRows,
  SixFrameSink,
  type Translation,
  type TranslationCount,
} from './six-frame-sink.js';
export { noRow, withoutGaps, withoutRow } from './without-row.js';
