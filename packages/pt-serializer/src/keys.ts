import { PtFormatError } from './format-error.js';
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

/**
 * What a dict or a set holds for a key: numbers as numbers, whether Python had ints or floats.
 *
 * @throws PtFormatError for what Python cannot hash.
 */
export function keyOf(value: unknown): unknown {
  if (value instanceof PtFloat || value instanceof NumpyScalar) return value.value;
  if (!isHashable(value))
    throw new PtFormatError('pickle', 'a key is a list, a dict or another thing that changes');
  return value;
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
