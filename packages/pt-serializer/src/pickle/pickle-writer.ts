import { DEFAULT_LIMITS } from '../limits.js';
import { unwritable } from '../refusals.js';
import { DTYPES } from '../tensors/dtypes.js';
import { LazyTensor } from '../tensors/lazy-tensor.js';
import { PtTensor } from '../tensors/pt-value.js';
import { type StorageEntry, StorageTable } from '../tensors/storage-table.js';
import {
  NumpyScalar,
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtOrderedDict,
  PtTuple,
} from '../values.js';
import { EqualKeys } from './equal-keys.js';
import { isHashable, keyName } from './keys.js';
import { OP } from './opcodes.js';
import { PickleEmitter, type Protocol } from './pickle-emitter.js';
import { sharedObjects } from './shared-objects.js';

/** The reader's default limit, too. */
const { depth: MAX_DEPTH, integerBytes: MAX_INTEGER } = DEFAULT_LIMITS;

/**
 * A value as a pickle, and the storages `0`, `1`, … that it names. Repeated objects are written once.
 *
 * @throws TypeError for a value that cannot be written, with its path.
 */
export function pickle(value: unknown, protocol: Protocol): { bytes: Uint8Array; storages: StorageEntry[] } {
  const writer = new PickleWriter(protocol, sharedObjects(value, MAX_DEPTH));
  writer.value(value, '', 0);
  writer.emit.out.byte(OP.STOP);
  return { bytes: writer.emit.out.view(), storages: writer.storages.entries() };
}

class PickleWriter {
  readonly emit: PickleEmitter;
  readonly storages = new StorageTable();
  readonly #shared: ReadonlySet<object>;
  /** Slots of the shared objects written so far. */
  readonly #memo = new Map<object, number>();
  readonly #equal = new EqualKeys();
  readonly #openTuples = new Set<PtTuple>();

  constructor(protocol: Protocol, shared: ReadonlySet<object>) {
    this.emit = new PickleEmitter(protocol);
    this.#shared = shared;
  }

  value(value: unknown, path: string, depth: number): void {
    const { emit } = this;
    if (value === null) emit.out.byte(OP.NONE);
    else if (typeof value === 'boolean') emit.out.byte(value ? OP.NEWTRUE : OP.NEWFALSE);
    else if (typeof value === 'string') emit.string(value, () => path);
    else if (typeof value === 'bigint') {
      if (BigInt.asIntN(8 * MAX_INTEGER, value) !== value)
        throw unwritable(`${place(path)}: an int of more than ${MAX_INTEGER} bytes`);
      emit.integer(value);
    } else if (typeof value === 'number') emit.number(value);
    else if (typeof value === 'object') this.#object(value, path, depth);
    else throw unwritable(`${place(path)}: ${describe(value)} cannot be written`);
  }

  #object(value: object, path: string, depth: number): void {
    const { emit } = this;
    const slot = this.#memo.get(value);
    if (slot !== undefined) return emit.get(slot);
    if (depth >= MAX_DEPTH) throw unwritable(`${place(path)}: nested deeper than ${MAX_DEPTH}`);
    if (value instanceof PtTuple) this.#tuple(value, path, depth);
    else if (Array.isArray(value)) this.#list(value, path, depth);
    else if (value instanceof Map) this.#map(value, path, depth);
    else if (value instanceof Set) this.#set(value, path, depth);
    else if (value instanceof PtTensor || value instanceof LazyTensor) this.#tensor(value, path);
    else if (value instanceof Uint8Array)
      value instanceof PtByteArray ? emit.byteArray(value) : emit.bytes(value);
    else if (!this.#scalar(value, path)) {
      if (!isPlainObject(value)) throw unwritable(`${place(path)}: ${describe(value)} cannot be written`);
      emit.out.byte(OP.EMPTY_DICT);
      this.#remember(value);
      const symbol = Object.getOwnPropertySymbols(value)[0];
      if (symbol) throw unwritable(`${place(path)}: a key is ${String(symbol)}; Python has no symbols`);
      this.#items(Object.entries(value), path, depth);
    }
    this.#remember(value);
  }

  /** Stores the object on top of the stack in the memo if it occurs again. */
  #remember(value: object): void {
    if (!this.#shared.has(value) || this.#memo.has(value)) return;
    const slot = this.#memo.size;
    this.#memo.set(value, slot);
    this.emit.put(slot);
  }

  /** Numbers and names that are objects in JavaScript. */
  #scalar(value: object, path: string): boolean {
    const { emit } = this;
    if (value instanceof PtFloat) emit.float(value.value);
    else if (value instanceof PtComplex) {
      emit.global('__builtin__', 'complex');
      emit.float(value.re);
      emit.float(value.im);
      this.#call(2);
    } else if (value instanceof PtDType) emit.global('torch', value.name);
    else if (value instanceof PtDevice) {
      emit.global('torch', 'device');
      emit.string(value.type, () => path);
      if (value.index !== null) emit.integer(value.index);
      this.#call(value.index === null ? 1 : 2);
    } else if (value instanceof NumpyScalar) {
      const float = value.dtype.startsWith('float') && typeof value.value === 'number';
      this.value(float ? new PtFloat(value.value as number) : value.value, path, 0);
    } else return false;
    return true;
  }

  #list(items: readonly unknown[], path: string, depth: number): void {
    const { out } = this.emit;
    out.byte(OP.EMPTY_LIST);
    this.#remember(items);
    if (items.length === 0) return;
    out.byte(OP.MARK);
    this.#each(items, path, depth);
    out.byte(OP.APPENDS);
  }

  #tuple(items: PtTuple, path: string, depth: number): void {
    // Unlike a list, a tuple is made after its items.
    if (this.#openTuples.has(items)) throw unwritable(`${place(path)}: a tuple that contains itself`);
    this.#openTuples.add(items);
    if (items.length > 3) this.emit.out.byte(OP.MARK);
    this.#each(items, path, depth);
    this.emit.endTuple(items.length);
    this.#openTuples.delete(items);
  }

  #each(items: readonly unknown[], path: string, depth: number): void {
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      // Lists of IDs are long, so a path is built only for values that can fail.
      if (typeof item === 'string') this.emit.string(item, () => `${path}/${i}`);
      else this.value(item, `${path}/${i}`, depth + 1);
    }
  }

  #map(map: ReadonlyMap<unknown, unknown>, path: string, depth: number): void {
    const { emit } = this;
    if (!(map instanceof PtOrderedDict)) {
      emit.out.byte(OP.EMPTY_DICT);
      this.#remember(map);
      return this.#items(map, path, depth);
    }
    emit.global('collections', 'OrderedDict');
    this.#call(0);
    this.#remember(map);
    this.#items(map, path, depth);
    if (map.attributes === null) return;
    this.value(map.attributes, `${path}/(attributes)`, depth + 1);
    emit.out.byte(OP.BUILD);
  }

  #items(entries: Iterable<readonly [unknown, unknown]>, path: string, depth: number): void {
    const { out } = this.emit;
    const names = new Set<string | number>();
    let open = false;
    for (const [key, item] of entries) {
      if (!isHashable(key)) {
        throw unwritable(`${place(path)}: a key is ${describe(key)}; Python cannot hash it`);
      }
      const name = keyName(key);
      if (!open) out.byte(OP.MARK);
      open = true;
      this.value(key, `${path}/${name}`, depth + 1);
      this.#checkDistinct(key, names, path);
      this.value(item, `${path}/${name}`, depth + 1);
    }
    if (open) out.byte(OP.SETITEMS);
  }

  #set(set: ReadonlySet<unknown>, path: string, depth: number): void {
    const { emit } = this;
    const items = [...set];
    const bad = items.find((item) => !isHashable(item));
    if (bad !== undefined)
      throw unwritable(`${place(path)}: a set has ${describe(bad)}; Python cannot hash it`);
    emit.global('__builtin__', set instanceof PtFrozenSet ? 'frozenset' : 'set');
    this.#list(items, path, depth + 1);
    this.#call(1);
    const names = new Set<string | number>();
    for (const item of items) this.#checkDistinct(item, names, path);
  }

  /**
   * Python would keep only the last of equal keys. Called after writing the key, which proves that it is
   * finite.
   */
  #checkDistinct(key: unknown, names: Set<string | number>, path: string): void {
    if (typeof key === 'string') return;
    const name = this.#equal.nameOf(key);
    if (names.has(name))
      throw unwritable(
        `${place(path)}: ${keyName(key)} is a duplicate key in Python, where 1, 1.0 and True are one key, as are equal bytes and tuples`,
      );
    names.add(name);
  }

  #tensor(value: PtTensor | LazyTensor, path: string): void {
    const { emit } = this;
    if (!value.parameter) return this.#plainTensor(value, path);
    emit.global('torch._utils', '_rebuild_parameter');
    this.#plainTensor(value, path);
    emit.out.byte(value.requiresGrad ? OP.NEWTRUE : OP.NEWFALSE);
    emit.global('collections', 'OrderedDict');
    this.#call(0);
    this.#call(3);
  }

  #plainTensor(value: PtTensor | LazyTensor, path: string): void {
    const { emit } = this;
    const { out } = emit;
    const { key, size, type } = this.storages.entry(value, place(path));
    emit.global('torch._utils', type ? '_rebuild_tensor_v2' : '_rebuild_tensor_v3');
    out.byte(OP.MARK);
    out.byte(OP.MARK);
    emit.string('storage', () => path);
    if (type) emit.global('torch', type);
    else emit.global('torch.storage', 'UntypedStorage');
    emit.string(String(key), () => path);
    emit.string('cpu', () => path);
    emit.integer(type ? size / DTYPES[value.dtype].bytes : size);
    out.byte(OP.TUPLE);
    out.byte(OP.BINPERSID);
    emit.integer(value.offset);
    emit.tuple(value.shape);
    emit.tuple(value.stride);
    // The parameter's own flag counts, so its tensor has none.
    out.byte(value.requiresGrad && !value.parameter ? OP.NEWTRUE : OP.NEWFALSE);
    emit.global('collections', 'OrderedDict');
    this.#call(0);
    if (!type) emit.global('torch', value.dtype);
    out.byte(OP.TUPLE);
    out.byte(OP.REDUCE);
  }

  /** Calls the global below the last items (at most three) with them. */
  #call(items: number): void {
    this.emit.endTuple(items);
    this.emit.out.byte(OP.REDUCE);
  }
}

function isPlainObject(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Where in the value the fault is; the end of a long path. */
function place(path: string): string {
  return path.length > 200 ? `…${path.slice(-150)}` : path || 'the value';
}

function describe(value: unknown): string {
  if (value === undefined) return 'undefined';
  return typeof value === 'object' && value !== null
    ? `a ${value.constructor?.name ?? 'object'}`
    : `a ${typeof value}`;
}
