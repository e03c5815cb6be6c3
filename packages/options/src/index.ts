export { cacheFolder } from './cache-folder.js';
export type { Check, Fault, RequiredCheck, Shape } from './check.js';
export { checkOptions } from './check-options.js';
export {
  above0,
  anything,
  array,
  atLeast,
  callback,
  either,
  flag,
  having,
  kind,
  oneOf,
  orNull,
  required,
  signal,
  text,
  timer,
  value,
  whole,
  words,
} from './checks.js';
export { counted, grouped } from './counted.js';
export { atRest, type FileFacts, factsOf, isFileFacts, sameFacts } from './file-facts.js';
export { inBytes } from './in-bytes.js';
export { KeptRecords } from './kept-records.js';
export { nearest } from './nearest.js';
export { object } from './object.js';
export { OptionRangeError, OptionTypeError, type RefusedOption } from './option-errors.js';
export { sanitize } from './sanitize.js';
export { shellWord } from './shell-word.js';
