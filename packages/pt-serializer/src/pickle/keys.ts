import { PtFormatError } from '../format-error.js';
import type { PtLimits } from '../limits.js';
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
} from '../values.js';

/** A tuple of these items. Reuses known facts about nested tuples, so no nesting is walked twice. */
export function makeTuple(items: readonly unknown[]): PtTuple {
  const made = PtTuple.from(items) as PtTuple;
  isHashable(made);
  return made;
}

/** A dict or set that is being filled. */
type Keyed = ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** From here on, and with a fraction, a file can find many numbers of one hash. */
const FAR = 2 ** 31;
/** Bytes of two long ints that compare in the time of one ordinary comparison. */
const BYTES_AT_ONCE = 64;

/**
 * Keys of dicts and items of sets, with Python's ints and floats both as numbers. V8 hashes numbers without a
 * seed, so a file can have thousands of numbers of one hash, each compared with all earlier ones, and again
 * whenever one is set again. This counts the worst-case comparisons over all dicts and sets.
 */
export class KeyReader {
  readonly #limit: number;
  /** Comparisons that one comparison with a long int counts as. */
  readonly #longest: number;
  /**
   * An upper bound of the numbers in each dict or set: whole numbers below a low bound rarely share a hash.
   */
  readonly #reaches = new WeakMap<Keyed, number>();
  #left: number;

  /** @param pickleBytes size of the pickle, which bounds every int in it. */
  constructor({ keyComparisons, integerBytes }: PtLimits, pickleBytes: number) {
    this.#limit = keyComparisons;
    this.#left = keyComparisons;
    this.#longest = 1 + Math.min(pickleBytes, integerBytes) / BYTES_AT_ONCE;
  }

  /**
   * The key for a value that is about to be added to a dict or a set.
   *
   * @throws PtFormatError: `pickle` for a value that Python cannot hash, `limit` for too many comparisons.
   */
  keyOf(value: unknown, into: Keyed): unknown {
    const key = value instanceof PtFloat || value instanceof NumpyScalar ? value.value : value;
    if (!isHashable(key))
      throw new PtFormatError('pickle', 'a key is a list, a dict or another mutable object');
    if (typeof key === 'number' || typeof key === 'bigint') this.#count(key, into);
    return key;
  }

  /** Adds items to a set. @throws as `keyOf`. */
  addAll<S extends Set<unknown>>(set: S, items: readonly unknown[]): S {
    for (const item of items) set.add(this.keyOf(item, set));
    return set;
  }

  #count(key: number | bigint, into: Keyed): void {
    const reach = Math.max(reachOf(key), this.#reaches.get(into) ?? 0);
    this.#reaches.set(into, reach);
    // A table has half as many buckets as keys; the 2 × reach whole numbers (either sign) spread evenly over
    // them.
    this.#left -= Math.min(into.size, (4 * reach) / into.size) * (isLongInt(key) ? this.#longest : 1);
    if (this.#left >= 0) return;
    const what = 'numeric keys of dicts and items of sets may take more';
    throw new PtFormatError('limit', `${what} than ${this.#limit} comparisons (limits.keyComparisons)`);
  }
}

function reachOf(key: number | bigint): number {
  const near = typeof key === 'number' && Number.isInteger(key) && Math.abs(key) < FAR;
  return near ? Math.abs(key) + 1 : Number.POSITIVE_INFINITY;
}

/** Whether Python can hash a value, as keys require. */
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

/** Ints from here on are not spelled out: that is slow, and a few bytes can refer to one many times. */
const LONG_INT = 1n << 1024n;

function isLongInt(key: unknown): boolean {
  return typeof key === 'bigint' && (key >= LONG_INT || key <= -LONG_INT);
}

/** A dict's key in a path; `(…)` if its text could be endless: an object, or an int of hundreds of digits. */
export function keyName(key: unknown): string {
  return isLongInt(key) || typeof key === 'object' ? '(…)' : String(key);
}
