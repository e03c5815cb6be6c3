import { forbidden, PtFormatError } from '../format-error.js';
import type { PtLimits } from '../limits.js';
import { DTYPES, type DType, dtypeOfStorage, isDType } from '../tensors/dtypes.js';
import { LazyTensor } from '../tensors/lazy-tensor.js';
import { NumpyDraft, NumpyDType, numpyArray, numpyScalar } from '../tensors/numpy.js';
import { type Storage, StorageRef } from '../tensors/storage.js';
import {
  PtByteArray,
  PtComplex,
  PtDevice,
  PtDType,
  PtFloat,
  PtFrozenSet,
  PtOpaque,
  PtOrderedDict,
} from '../values.js';
import { KeyReader, makeTuple } from './keys.js';
import { Known } from './known.js';
import type { PickleWorld } from './pickle-reader.js';

/** A storage as a tensor's pickle describes it. */
export interface StorageId {
  key: string;
  /** Size in bytes, from the element count. */
  bytes: number;
  /** Null for bytes without a type. */
  dtype: DType | null;
  /** Items after the five of an archive's ID: the view in the container before PyTorch 1.6. */
  more: readonly unknown[];
}

/** The parts of a `.pt` besides its pickle. */
export interface WorldOptions {
  /** Items of a persistent ID: 5 in an archive, 6 in the container before PyTorch 1.6. */
  idLength: 5 | 6;
  /** Returns a storage, the same one for the same key; throws if its size differs. */
  findStorage(id: StorageId): Storage;
  limits: PtLimits;
  /** The pickle's size in bytes. */
  pickleBytes: number;
  /** Collects names that are not known, whose objects are then `PtOpaque`; null refuses them. */
  unknown: Set<string> | null;
}

interface Tools {
  /** Deducts bytes from those that may still be copied or walked. */
  spend(count: number): void;
  keys: KeyReader;
  limits: PtLimits;
}
type Handler = (args: readonly unknown[], tools: Tools) => unknown;

const fail = (reason: string) => new PtFormatError('pickle', reason);

/** The world of a `.pt`: a closed table of names, each of which is or makes data. Nothing is ever called. */
export function ptWorld({ idLength, findStorage, limits, pickleBytes, unknown }: WorldOptions): PickleWorld {
  // Each byte of a pickle is converted or walked at most twice (a bytearray of protocol 2 is a string, made
  // bytes, made a bytearray), so twice its length is enough. Without a bound, a few bytes that refer back to
  // a long string could fill the memory.
  let left = 2 * pickleBytes;
  const tools: Tools = {
    spend(count) {
      left -= count;
      if (left < 0) throw new PtFormatError('limit', 'it converts more bytes than it contains');
    },
    keys: new KeyReader(limits, pickleBytes),
    limits,
  };
  return {
    keys: tools.keys,
    global(module, name) {
      const full = `${module}.${name}`;
      if (module === 'torch' && isDType(name)) return new PtDType(name);
      if (isStorageClass(module, name)) return new Known(name);
      const known = ALIASES[full] ?? full;
      if (Object.hasOwn(HANDLERS, known) || NAMES.has(known)) return new Known(known);
      if (unknown !== null) {
        unknown.add(`${module}.${name}`);
        return new PtOpaque(module, name, null);
      }
      throw forbidden(full);
    },
    reduce(callable, args) {
      const handler =
        callable instanceof Known && Object.hasOwn(HANDLERS, callable.name) ? HANDLERS[callable.name] : null;
      if (handler)
        return unknown !== null ? attempt(handler, callable as Known, args, tools) : handler(args, tools);
      if (callable instanceof PtOpaque && callable.args === null)
        return new PtOpaque(callable.module, callable.name, args);
      throw new PtFormatError('forbidden', 'it calls an object that is not callable');
    },
    build(object, state) {
      if (object instanceof NumpyDraft || object instanceof NumpyDType) return object.setState(state);
      if (object instanceof PtOrderedDict && state instanceof Map) {
        object.attributes = state;
        return object;
      }
      if (object instanceof PtOpaque && object.args !== null && object.state === null) {
        object.state = state;
        return object;
      }
      throw new PtFormatError('forbidden', 'it sets the state of an object that has none');
    },
    settled: (value) => (value instanceof NumpyDraft ? (value.array ?? value) : value),
    persistentId(id) {
      if (!Array.isArray(id) || id.length !== idLength || id[0] !== 'storage')
        throw fail('a persistent id is not a storage');
      const [, type, key, , count, ...more] = id as unknown[];
      // Before PyTorch 1.6 a storage can only be found if the sizes of all before it are known.
      if (idLength === 5 && type instanceof PtOpaque && type.args === null)
        return new PtOpaque(type.module, type.name, [key]);
      if (!(type instanceof Known) || typeof key !== 'string' || !/^\w{1,255}$/.test(key))
        throw fail('a storage has no name');
      if (!Number.isSafeInteger(count) || (count as number) < 0)
        throw fail(`storage ${key} has no number of elements`);
      const dtype = dtypeOfStorage(type.name) ?? null;
      const bytes = (count as number) * (dtype ? DTYPES[dtype].bytes : 1);
      return new StorageRef(findStorage({ key, bytes, dtype, more }), dtype);
    },
  };
}

/** What a known name makes; of something unknown, or in a way that is not read, it makes something unknown too. */
function attempt(handler: Handler, { name: full }: Known, args: readonly unknown[], tools: Tools): unknown {
  const dot = full.lastIndexOf('.');
  const unknown = () => new PtOpaque(full.slice(0, dot), full.slice(dot + 1), args);
  if (args.some((arg) => arg instanceof PtOpaque) && !CONTAINERS.has(full)) return unknown();
  try {
    return handler(args, tools);
  } catch (error) {
    if (error instanceof PtFormatError && error.code === 'unsupported') return unknown();
    throw error;
  }
}

function isStorageClass(module: string, name: string): boolean {
  if (!['torch', 'torch.storage', 'torch.cuda'].includes(module)) return false;
  return name === 'UntypedStorage' || dtypeOfStorage(name) !== undefined;
}

/** Names that are used only as arguments. */
const NAMES = new Set(['numpy.ndarray', 'torch.nn.parameter.Parameter']);

/** Names of what may hold anything. */
const CONTAINERS = new Set(['collections.OrderedDict', '__builtin__.set', '__builtin__.frozenset']);

/** Names that mean the same. */
const ALIASES: Readonly<Record<string, string>> = {
  'numpy._core.multiarray._reconstruct': 'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray.scalar': 'numpy.core.multiarray.scalar',
  'numpy._core.numeric._frombuffer': 'numpy.core.numeric._frombuffer',
  'builtins.set': '__builtin__.set',
  'builtins.frozenset': '__builtin__.frozenset',
  'builtins.bytes': '__builtin__.bytes',
  'builtins.bytearray': '__builtin__.bytearray',
  'builtins.complex': '__builtin__.complex',
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  'torch._utils._rebuild_tensor': ([storage, offset, shape, stride], tools) =>
    rebuild([storage, offset, shape, stride, false], tools),
  'torch._utils._rebuild_tensor_v2': (args, tools) => {
    plainFlags(args[6], tools);
    return rebuild(args, tools);
  },
  'torch._utils._rebuild_tensor_v3': (args, tools) => {
    plainFlags(args[7], tools);
    if (!(args[6] instanceof PtDType)) throw fail('a tensor has no known dtype');
    return rebuild(args, tools, args[6].name);
  },
  'torch._utils._rebuild_parameter': ([tensor, requiresGrad]) => {
    if (!(tensor instanceof LazyTensor)) throw fail('a parameter without a tensor');
    return tensor.asParameter(requiresGrad === true);
  },
  'torch.Size': ([sizes = []], { spend }) => makeTuple(list(sizes, 'a torch.Size', spend)),
  'torch.device': ([type, index = null]) => {
    if (typeof type !== 'string' || type.length > 64) throw fail('a torch.device without a name');
    if (index !== null && !Number.isSafeInteger(index)) throw fail('a torch.device with an invalid index');
    return new PtDevice(type, index as number | null);
  },
  'collections.OrderedDict': ([items], tools) => fill(new PtOrderedDict(), items, tools),
  'collections.Counter': ([items], tools) => fill(new Map(), items, tools),
  '_codecs.encode': ([text, codec], { spend }) => latin1(text, codec, spend),
  '__builtin__.set': ([items = []], { spend, keys }) => keys.addAll(new Set(), list(items, 'a set', spend)),
  '__builtin__.frozenset': ([items = []], { spend, keys }) =>
    keys.addAll(new PtFrozenSet(), list(items, 'a frozenset', spend)),
  '__builtin__.bytes': (args) => {
    if (args.length > 0) throw fail('bytes with arguments');
    return new Uint8Array(0);
  },
  '__builtin__.bytearray': ([bytes, codec], { spend }) => {
    if (bytes === undefined) return new PtByteArray(0);
    if (!(bytes instanceof Uint8Array))
      return new PtByteArray(latin1(bytes, codec === 'latin-1' ? 'latin1' : codec, spend));
    spend(bytes.length);
    return new PtByteArray(bytes);
  },
  '__builtin__.complex': ([real, imaginary = 0]) => new PtComplex(float(real), float(imaginary)),
  'numpy.core.multiarray._reconstruct': () => new NumpyDraft(),
  'numpy.core.multiarray.scalar': ([dtype, bytes], { spend }) => numpyScalar(dtype, bytes, spend),
  'numpy.core.numeric._frombuffer': ([bytes, dtype, shape, order]) =>
    numpyArray(dtype, shape, order === 'F', bytes),
  'numpy.dtype': ([code]) => new NumpyDType(code),
};

function rebuild(args: readonly unknown[], { spend, limits }: Tools, dtype?: DType): LazyTensor {
  const [ref, offset, shape, stride, requiresGrad] = args;
  if (!(ref instanceof StorageRef)) throw fail('a tensor has no storage');
  const type = dtype ?? ref.dtype;
  if (type === null) throw fail('a tensor has no dtype');
  if (!Array.isArray(shape) || !Array.isArray(stride) || typeof offset !== 'number')
    throw fail('a tensor has no shape');
  spend(shape.length + stride.length);
  const facts = {
    kind: 'tensor',
    dtype: type,
    shape,
    stride,
    offset,
    requiresGrad: requiresGrad === true,
    parameter: false,
  } as const;
  return new LazyTensor(facts, ref.storage, limits.expandedBytes);
}

/** Flags such as "conjugate" change the meaning of the bytes. */
function plainFlags(flags: unknown, { spend }: Tools): void {
  if (!(flags instanceof Map)) return;
  spend(flags.size);
  for (const [name, value] of flags) {
    if (value === false || value === null) continue;
    const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 100)) : 'that is not a string';
    throw new PtFormatError(
      'unsupported',
      `a tensor with the flag ${shown}, which changes the meaning of its bytes`,
    );
  }
}

/** A copy of a list or tuple's items. */
function list(items: unknown, what: string, spend: (count: number) => void): unknown[] {
  if (!Array.isArray(items)) throw fail(`${what} without a list`);
  spend(items.length);
  return items;
}

function fill(made: Map<unknown, unknown>, items: unknown, { spend, keys }: Tools): Map<unknown, unknown> {
  if (items === undefined) return made;
  if (items instanceof Map) {
    spend(items.size);
    for (const [key, value] of items) made.set(keys.keyOf(key, made), value);
    return made;
  }
  for (const item of list(items, 'a dict', spend)) {
    if (!Array.isArray(item) || item.length !== 2) throw fail('a dict without pairs');
    made.set(keys.keyOf(item[0], made), item[1]);
  }
  return made;
}

function float(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof PtFloat) return value.value;
  throw fail('a complex without numbers');
}

function latin1(text: unknown, codec: unknown, spend: (count: number) => void): Uint8Array {
  if (typeof text !== 'string' || codec !== 'latin1') throw fail('encode without a latin1 text');
  spend(text.length);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) throw fail('a character beyond latin1');
  }
  return new Uint8Array(Buffer.from(text, 'latin1'));
}
