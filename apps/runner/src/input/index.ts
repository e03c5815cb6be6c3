export { checkInputs } from './check-inputs.js';
export type { FastaHandler, FastaOptions } from './fasta-options.js';
export { FastaParser } from './fasta-parser.js';
export { displayName, InputError, type InputErrorCode, type InputPlace } from './input-error.js';
export { hashInput, type Input, openInput } from './open-input.js';
export type { InputDigest, InputOptions } from './raw-stream.js';
