import { checkOptions } from '@holdfast/options';
import { isDeviceIndex, isNumber, isText } from './argument-checks.js';
import { type DType, isDTypeName } from './tensors/dtypes.js';

/** Whether Python can hash a tuple; null until known. A field, because a WeakMap of millions is slow. */
export let hashabilityOf: (tuple: PtTuple) => boolean | null;
export let setHashability: (tuple: PtTuple, hashable: boolean) => void;

/** A Python tuple, read and written as this array. Made by `tuple()`. */
export class PtTuple<T = unknown> extends Array<T> {
  #hashable: boolean | null = null;

  static {
    hashabilityOf = (tuple) => tuple.#hashable;
    setHashability = (tuple, hashable) => {
      tuple.#hashable = hashable;
    };
  }

  // map() and slice() of a tuple return plain arrays.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** A tuple of these items. */
export function tuple<T>(...items: T[]): PtTuple<T> {
  return PtTuple.from(items) as PtTuple<T>;
}

/**
 * A Python float, even if the number is whole: `new PtFloat(1)` is written as `1.0`, but `1` as an int.
 * Returned only with the option `exact`.
 */
export class PtFloat {
  constructor(readonly value: number) {
    // A file may have millions.
    if (typeof value !== 'number') checkOptions('PtFloat', value, isNumber, 'value');
  }

  valueOf(): number {
    return this.value;
  }
}

/** A Python complex number. */
export class PtComplex {
  constructor(
    readonly re: number,
    readonly im: number,
  ) {
    checkOptions('PtComplex', re, isNumber, 're');
    checkOptions('PtComplex', im, isNumber, 'im');
  }
}

/** An `OrderedDict`, as `state_dict()` returns. */
export class PtOrderedDict<V = unknown> extends Map<unknown, V> {
  /** Attributes set on it, such as a state dict's `_metadata`; null if there are none. */
  attributes: ReadonlyMap<unknown, unknown> | null = null;
}

/** A Python frozenset. */
export class PtFrozenSet<T = unknown> extends Set<T> {}

/** A Python bytearray; `bytes` is a plain Uint8Array. */
export class PtByteArray extends Uint8Array {}

/** An element type used as a value, such as `torch.float32`. */
export class PtDType {
  /** @throws RangeError for an unknown name. */
  constructor(readonly name: DType) {
    checkOptions('PtDType', name, isDTypeName, 'name');
  }
}

/** A `torch.device`. */
export class PtDevice {
  constructor(
    readonly type: string,
    readonly index: number | null,
  ) {
    checkOptions('PtDevice', type, isText, 'type');
    checkOptions('PtDevice', index, isDeviceIndex, 'index');
  }
}

/** A numpy scalar with its type. Returned only with the option `exact`; written as a plain Python number. */
export class NumpyScalar {
  constructor(
    readonly dtype: DType,
    readonly value: number | bigint | boolean | PtComplex,
  ) {
    checkOptions('NumpyScalar', dtype, isDTypeName, 'dtype');
  }
}

/**
 * An object of a class that is not known here, or what a function that is not known would have made: inert data, of which nothing
 * was run. Read only with the option `unknown: 'opaque'`.
 */
export class PtOpaque {
  /** What it was given afterwards, usually the object's attributes by name; null for nothing. */
  state: unknown = null;
  /** What was appended to it, as to a list or set. */
  readonly items: unknown[] = [];
  /** What was set in it, as in a dict. */
  readonly entries = new Map<unknown, unknown>();

  /** @param args what it was made of; null for the bare name of a class or function. */
  constructor(
    readonly module: string,
    readonly name: string,
    readonly args: readonly unknown[] | null,
  ) {}

  /** Everything it holds, by key, index or attribute; what it was made of is under `args[0]`, …. */
  *parts(): Generator<[key: unknown, part: unknown]> {
    if (this.state instanceof Map) yield* this.state;
    else if (this.state !== null) yield ['state', this.state];
    yield* this.entries;
    yield* this.items.entries();
    for (const [i, part] of (this.args ?? []).entries()) yield [`args[${i}]`, part];
  }
}
