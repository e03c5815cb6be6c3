import { type Check, kind, required, text, value, whole, words } from '@holdfast/options';

/** A checkpoint's number. */
export const isIndex = required(whole(0));
/** Of a file or folder; a name of any kind. */
export const isPath = required(words);
export const isText = required(text);
export const isStep = required(whole(0));
// Not `array`: the IDs themselves are looked at once, with their rows.
export const isIdList = required(kind('an array with one ID a row', Array.isArray));
/** Room for so many float32. */
export const hasRoom = (numbers: number): Check =>
  value(
    `a Float32Array of ${numbers} numbers`,
    (given) =>
      Object.prototype.toString.call(given) === '[object Float32Array]' &&
      (given as Float32Array).length === numbers,
  );
