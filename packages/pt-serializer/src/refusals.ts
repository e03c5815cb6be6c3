import { OptionRangeError, OptionTypeError } from '@holdfast/options';

/** A RangeError with this message. @param option the option at fault, such as `shape`. */
export const outOfRange = (of: string, option: string, message: string, given?: unknown): OptionRangeError =>
  new OptionRangeError(message, { of, option, given });

/** The same as a TypeError, for a value of the wrong kind. */
export const wrongKind = (of: string, option: string, message: string): OptionTypeError =>
  new OptionTypeError(message, { of, option, given: undefined });

/** The error for a value that a `.pt` cannot contain, alone or with the others: a TypeError with a `code`. */
export const unwritable = (message: string): TypeError =>
  Object.defineProperties(new TypeError(message), {
    code: { value: 'invalid_option' },
    of: { value: 'writePt' },
    option: { value: 'value' },
  });
