import { OptionRangeError, OptionTypeError } from '@holdfast/options';

/** A refusal in words of its own. @param option what it is about, such as `shape`. */
export const outOfRange = (of: string, option: string, message: string, given?: unknown): OptionRangeError =>
  new OptionRangeError(message, { of, option, given });

/** The same for a value of another kind than wanted. */
export const wrongKind = (of: string, option: string, message: string): OptionTypeError =>
  new OptionTypeError(message, { of, option, given: undefined });

/** The error for a value that no `.pt` can hold, or not together with the others: a plain TypeError with a `code`. */
export const unwritable = (message: string): TypeError =>
  Object.defineProperties(new TypeError(message), {
    code: { value: 'invalid_option' },
    of: { value: 'writePt' },
    option: { value: 'value' },
  });
