import {
  array,
  atLeast,
  flag,
  having,
  kind,
  OptionRangeError,
  OptionTypeError,
  object,
  oneOf,
  required,
  type Shape,
  text,
  value,
  whole,
} from '@holdfast/options';
import { DTYPES } from './dtypes.js';
import type { PtLimits } from './limits.js';
import type { OpenOptions } from './open.js';
import type { TensorOptions } from './pt-value.js';
import type { WriteOptions } from './write.js';

const limit = atLeast(0);
const limitShape: Shape<Partial<PtLimits>> = {
  members: limit,
  pickleBytes: limit,
  opcodes: limit,
  values: limit,
  memo: limit,
  keyComparisons: limit,
  depth: limit,
  stringBytes: limit,
  integerBytes: limit,
  expandedBytes: limit,
};

export const openOptions = object<OpenOptions>({
  checksums: oneOf(['always', 'whole', 'never']),
  exact: flag,
  limits: object<Partial<PtLimits>>(limitShape),
});

/** Bytes; a member's name has fewer than 2^16. */
const MAX_NAME = 255;

const folderName = value(`a folder's name of at most ${MAX_NAME} bytes`, (given) => {
  const name = given as string;
  if (['', '.', '..'].includes(name) || /[/\\\0]|\p{Surrogate}/u.test(name)) return false;
  return Buffer.byteLength(name) <= MAX_NAME;
});

export const writeOptions = object<WriteOptions>({
  name: (given, path) => text(given, path) ?? folderName(given, path),
  protocol: oneOf([2, 4]),
  sync: flag,
});

export const sizes = array(whole(0), 'whole numbers of at least 0');

export const tensorOptions = object<TensorOptions>({
  stride: sizes,
  offset: whole(0),
  requiresGrad: flag,
  parameter: flag,
});

/** A file's path, or its bytes. */
export const pathOrBytes = kind(
  'a path or a Uint8Array',
  (given) => typeof given === 'string' || given instanceof Uint8Array || isBytes(given),
);

// One of another realm, as under some test runners.
const isBytes = (given: unknown) => Object.prototype.toString.call(given) === '[object Uint8Array]';

/** Where bytes go. */
export const sink = having('an open file of node:fs/promises or a sink', 'write');

/** A tensor's bytes. */
export const tensorData = kind(
  'a view of bytes, such as a typed array, or a function that gives such views',
  (given) => typeof given === 'function' || ArrayBuffer.isView(given),
);

export const isNumber = required(kind('a number', (given) => typeof given === 'number'));
export const isWhole = required(whole(0));
export const isText = required(text);
export const isCrc32 = required(whole(0, 2 ** 32 - 1));
export const isBytesView = required(kind('a view of bytes, such as a Uint8Array', ArrayBuffer.isView));
export const isDeviceIndex = required(
  value('null or a whole number', (given) => given === null || Number.isSafeInteger(given)),
);

/** A refusal in words of its own. @param option what it is about, such as `shape`. */
export const outOfRange = (of: string, option: string, message: string, given?: unknown): OptionRangeError =>
  new OptionRangeError(message, { of, option, given });

/** The same for a value of another kind than wanted. */
export const wrongKind = (of: string, option: string, message: string): OptionTypeError =>
  new OptionTypeError(message, { of, option, given: undefined });

/** Of a value that no `.pt` can hold, or not together with the others: a plain TypeError, which has the `code` beside what is compared. */
export const unwritable = (message: string): TypeError =>
  Object.defineProperties(new TypeError(message), {
    code: { value: 'invalid_option' },
    of: { value: 'writePt' },
    option: { value: 'value' },
  });

export const isDTypeName = oneOf(Object.keys(DTYPES));
