import { NumpyScalar, PtComplex, PtDevice, PtDType, PtFloat, PtFrozenSet, PtTuple } from '../values.js';

/**
 * Finds keys that are equal in Python but distinct in a Map or a Set: `1`, `1.0` and `True`, and bytes,
 * tuples and frozensets with equal items.
 */
export class EqualKeys {
  /** Short names of everything seen so far, so nothing is walked twice. */
  readonly #names = new Map<object, string>();
  readonly #short = new Map<string, string>();
  #nans = 0;

  /** Two hashable values other than strings have the same name if and only if they are equal in Python. */
  nameOf(key: unknown): string | number {
    if (typeof key === 'number') return this.#number(key);
    if (typeof key === 'boolean') return Number(key);
    if (typeof key === 'bigint') return integer(key);
    if (typeof key === 'string') return `s${key}`;
    if (typeof key !== 'object' || key === null) return String(key);
    if (key instanceof PtFloat || key instanceof NumpyScalar) return this.nameOf(key.value);
    if (key instanceof PtComplex)
      return key.im === 0 ? this.#number(key.re) : `c${this.#number(key.re)},${this.#number(key.im)}`;
    if (key instanceof PtDType) return `d${key.name}`;
    if (key instanceof PtDevice) return `v${key.index},${key.type}`;
    return this.#named(key);
  }

  #named(key: object): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const items = (of: Iterable<unknown>) => Array.from(of, (item) => delimited(this.nameOf(item)));
    let long: string;
    if (key instanceof PtTuple) long = `t${items(key).join('')}`;
    else if (key instanceof PtFrozenSet) long = `z${items(key).sort().join('')}`;
    else long = `b${Buffer.from(key as Uint8Array).toString('latin1')}`;
    const name = this.#short.get(long) ?? `#${this.#short.size}`;
    this.#short.set(long, name);
    this.#names.set(key, name);
    return name;
  }

  #number(value: number): string | number {
    // In Python, no NaN equals another.
    if (Number.isNaN(value)) return `nan${this.#nans++}`;
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? integer(BigInt(value)) : value + 0;
  }
}

/** A number if exact; otherwise digits in a base that takes linear time. */
function integer(value: bigint): string | number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : `i${value.toString(32)}`;
}

const delimited = (name: string | number) => `${String(name).length} ${name}`;
