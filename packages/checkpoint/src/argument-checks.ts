import { type Check, kind, required, text, value, whole, words } from '@holdfast/options';

/** A checkpoint's number. */
export const isIndex = required(whole(0));
/** The path of a file or folder. */
export const isPath = required(words);
export const isText = required(text);
export const isStep = required(whole(0));
// Not `array`: the IDs themselves are checked once, together with their rows.
export const isIdList = required(kind('an array with one ID a row', Array.isArray));
/** Checks for a Float32Array of this length. */
export const hasRoom = (numbers: number): Check =>
  value(
    `a Float32Array of ${numbers} numbers`,
    (given) =>
      Object.prototype.toString.call(given) === '[object Float32Array]' &&
      (given as Float32Array).length === numbers,
  );
