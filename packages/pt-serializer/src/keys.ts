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

/** A dict or a set that is being filled. */
export type Keyed = ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** A whole number from here on, either sign, or one with a fraction: there are enough of any one hash. */
const FAR = 2 ** 31;
/** Bytes of the ints that are told apart in the time of one comparison. */
const BYTES_AT_ONCE = 64;

/**
 * What a dict or a set holds for a key: numbers as numbers, whether Python had ints or floats. V8 hashes numbers without a
 * seed, so a file can have thousands of one hash, each of which is compared with all before it, and again wherever one is
 * set again; so those with which a number is compared at worst are counted.
 *
 * @param pickleBytes of the pickle, which no int in it has more of.
 * @returns a function that gives a key for what is filled, and throws PtFormatError: `pickle` for what Python cannot hash,
 * `limit` for one comparison too many.
 */
export function keyReader(
  { keyComparisons, integerBytes }: PtLimits,
  pickleBytes: number,
): (value: unknown, into: Keyed) => unknown {
  let left = keyComparisons;
  /** Below what lie the numbers that each dict or set has; a few that lie close have few of one hash. */
  const reaches = new WeakMap<Keyed, number>();
  const longest = 1 + Math.min(pickleBytes, integerBytes) / BYTES_AT_ONCE;
  return (value, into) => {
    const key = value instanceof PtFloat || value instanceof NumpyScalar ? value.value : value;
    if (!isHashable(key))
      throw new PtFormatError('pickle', 'a key is a list, a dict or another thing that changes');
    if (typeof key !== 'number' && typeof key !== 'bigint') return key;
    const reach = Math.max(reachOf(key), reaches.get(into) ?? 0);
    reaches.set(into, reach);
    // Half as many hashes are told apart as there are keys, and of twice the reach (either sign) each has an equal part.
    left -= Math.min(into.size, (4 * reach) / into.size) * (isLongInt(key) ? longest : 1);
    if (left >= 0) return key;
    const what = 'keys of dicts and items of sets that are numbers may take more';
    throw new PtFormatError('limit', `${what} than ${keyComparisons} comparisons (limits.keyComparisons)`);
  };
}

function reachOf(key: number | bigint): number {
  const near = typeof key === 'number' && Number.isInteger(key) && Math.abs(key) < FAR;
  return near ? Math.abs(key) + 1 : Number.POSITIVE_INFINITY;
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

function isLongInt(key: unknown): boolean {
  return typeof key === 'bigint' && (key >= LONG_INT || key <= -LONG_INT);
}

/** A dict's key in a path; `(…)` for one that could be endless in words: an object, or an int of hundreds of digits. */
export function keyName(key: unknown): string {
  return isLongInt(key) || typeof key === 'object' ? '(…)' : String(key);
}
