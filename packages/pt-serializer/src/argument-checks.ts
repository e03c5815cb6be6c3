import { kind, required, text, value, whole } from '@holdfast/options';

/** A file's path, or its bytes. */
export const pathOrBytes = kind(
  'a path or a Uint8Array',
  (given) => typeof given === 'string' || given instanceof Uint8Array || isBytes(given),
);

// Also a Uint8Array of another realm, as under some test runners.
const isBytes = (given: unknown) => Object.prototype.toString.call(given) === '[object Uint8Array]';

export const isNumber = required(kind('a number', (given) => typeof given === 'number'));
export const isWhole = required(whole(0));
export const isText = required(text);
export const isCrc32 = required(whole(0, 2 ** 32 - 1));
export const isBytesView = required(kind('a view of bytes, such as a Uint8Array', ArrayBuffer.isView));
export const isDeviceIndex = required(
  value('null or a whole number', (given) => given === null || Number.isSafeInteger(given)),
);
