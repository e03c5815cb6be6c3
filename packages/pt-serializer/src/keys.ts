import { PtFormatError } from './format-error.js';
import type { PtLimits } from './limits.js';
import {
  hashabilityOf,
  NumpyScalar,
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtTuple,
  setHashability,
} from './values.js';

/** A tuple of these items. What is known of the tuples in it is used, so that no nesting is walked twice. */
export function makeTuple(items: readonly unknown[]): PtTuple {
  const made = PtTuple.from(items) as PtTuple;
  isHashable(made);
  return made;
}

/** Of whole numbers below it, either sign, too few have one hash to slow a Map down. */
const NEAR = 2 ** 24;

/**
 * What a dict or a set holds for a key: numbers as numbers, whether Python had ints or floats. V8 hashes numbers without a
 * seed, so a file can have thousands of one hash, each of which is compared with all before it; those are counted.
 *
 * @returns a function that gives a key, and throws PtFormatError: `pickle` for what Python cannot hash, `limit` for one
 * number too many.
 */
export function keyReader({ numberKeys }: PtLimits): (value: unknown) => unknown {
  let left = numberKeys;
  return (value) => {
    const key = value instanceof PtFloat || value instanceof NumpyScalar ? value.value : value;
    if (!isHashable(key))
      throw new PtFormatError('pickle', 'a key is a list, a dict or another thing that changes');
    if (!isFar(key) || left-- > 0) return key;
    const what = 'keys of dicts and items of sets are ints from 2^24 on or have a fraction';
    throw new PtFormatError('limit', `more than ${numberKeys} ${what} (limits.numberKeys)`);
  };
}

function isFar(key: unknown): boolean {
  if (typeof key !== 'number') return typeof key === 'bigint';
  return !(Number.isInteger(key) && Math.abs(key) < NEAR);
}

/** Whether Python can hash a value, as a key must be. */
export function isHashable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (value instanceof PtTuple) {
    const found = hashabilityOf(value) ?? value.every(isHashable);
    setHashability(value, found);
    return found;
  }
  if (value instanceof PtByteArray) return false;
  return HASHABLE.some((type) => value instanceof type);
}

const HASHABLE = [PtFloat, PtFrozenSet, Uint8Array, NumpyScalar, PtComplex, PtDType, PtDevice];

/** Ints from here on are not put into words: that takes long, and few bytes can refer to one many times. */
const LONG_INT = 1n << 1024n;

/** A dict's key in a path; `(…)` for one that could be endless in words: an object, or an int of hundreds of digits. */
export function keyName(key: unknown): string {
  const long = typeof key === 'bigint' ? key >= LONG_INT || key <= -LONG_INT : typeof key === 'object';
  return long ? '(…)' : String(key);
}
