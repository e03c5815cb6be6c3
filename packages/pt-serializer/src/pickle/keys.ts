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

/** A tuple of these items. Known facts about the tuples in it are reused: no nesting is walked twice. */
export function makeTuple(items: readonly unknown[]): PtTuple {
  const made = PtTuple.from(items) as PtTuple;
  isHashable(made);
  return made;
}

/** A dict or a set that is being filled. */
type Keyed = ReadonlyMap<unknown, unknown> | ReadonlySet<unknown>;

/** A whole number from here on, either sign, or one with a fraction: there are enough of any one hash. */
const FAR = 2 ** 31;
/** Bytes of two ints that are compared in the time of one comparison. */
const BYTES_AT_ONCE = 64;

/**
 * Keys of dicts and sets: numbers as numbers, whether Python had ints or floats. V8 hashes numbers without a seed,
 * so a file can have thousands of one hash, each of which is compared with all before it, and again wherever one is set
 * again; so those with which a number is compared at worst are counted, over all that is filled.
 */
export class KeyReader {
  readonly #limit: number;
  /** Comparisons for which one with an int too long for words counts. */
  readonly #longest: number;
  /** An upper bound of the numbers in each dict or set; a few close ones have few of one hash. */
  readonly #reaches = new WeakMap<Keyed, number>();
  #left: number;

  /** @param pickleBytes of the pickle, which no int in it has more of. */
  constructor({ keyComparisons, integerBytes }: PtLimits, pickleBytes: number) {
    this.#limit = keyComparisons;
    this.#left = keyComparisons;
    this.#longest = 1 + Math.min(pickleBytes, integerBytes) / BYTES_AT_ONCE;
  }

  /**
   * The key for a value that is about to go into a dict or a set.
   *
   * @throws PtFormatError: `pickle` for what Python cannot hash, `limit` for one comparison too many.
   */
  keyOf(value: unknown, into: Keyed): unknown {
    const key = value instanceof PtFloat || value instanceof NumpyScalar ? value.value : value;
    if (!isHashable(key))
      throw new PtFormatError('pickle', 'a key is a list, a dict or another thing that changes');
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
    // Half as many hashes are told apart as there are keys, and of twice the reach (either sign) each has an equal part.
    this.#left -= Math.min(into.size, (4 * reach) / into.size) * (isLongInt(key) ? this.#longest : 1);
    if (this.#left >= 0) return;
    const what = 'keys of dicts and items of sets that are numbers may take more';
    throw new PtFormatError('limit', `${what} than ${this.#limit} comparisons (limits.keyComparisons)`);
  }
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
