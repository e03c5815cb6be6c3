import { DTYPES, type DType, dtypeOfStorage, isDType } from './dtypes.js';
import { PtFormatError } from './format-error.js';
import { LazyTensor } from './lazy-tensor.js';
import { NumpyDraft, NumpyDType, numpyArray, numpyScalar } from './numpy.js';
import type { PickleWorld } from './pickle-reader.js';
import type { Storage } from './storage.js';

/** Gives a storage by its key, after checking that it has so many bytes. */
export type FindStorage = (key: string, bytes: number) => Storage;

/** A name in a pickle that stands for one of the few things this reader knows. */
class Known {
  constructor(readonly name: string) {}
}

/** A storage as a tensor's pickle names it; `dtype` is null for bytes without a type. */
class StorageRef {
  constructor(
    readonly storage: Storage,
    readonly dtype: DType | null,
  ) {}
}

/** Takes from what may still be copied. */
type Spend = (count: number) => void;
type Handler = (args: readonly unknown[], spend: Spend) => unknown;

const fail = (reason: string) => new PtFormatError('pickle', reason);

/**
 * The world of a `.pt`: a closed table of names, each of which is data or makes data. Nothing is ever called.
 *
 * @param copies bytes or items that conversions may copy in all. What is written out once in a pickle is copied at most
 * once, so its length is enough; without a bound, a few bytes that refer back to a long string could fill the memory.
 */
export function ptWorld(findStorage: FindStorage, copies: number): PickleWorld {
  let left = copies;
  const spend: Spend = (count) => {
    left -= count;
    if (left < 0) throw new PtFormatError('limit', 'it converts more than it holds');
  };
  return {
    global(module, name) {
      const full = `${module}.${name}`;
      if (module === 'torch' && isDType(name)) return full;
      if (isStorageClass(module, name)) return new Known(name);
      const known = ALIASES[full] ?? full;
      if (Object.hasOwn(HANDLERS, known) || known === 'numpy.ndarray') return new Known(known);
      throw new PtFormatError(
        'forbidden',
        `it names ${full}, which is not plain data; nothing of it was run`,
      );
    },
    reduce(callable, args) {
      const handler =
        callable instanceof Known && Object.hasOwn(HANDLERS, callable.name) ? HANDLERS[callable.name] : null;
      if (!handler) throw new PtFormatError('forbidden', 'it calls what cannot be called');
      return handler(args, spend);
    },
    build(object, state) {
      if (object instanceof NumpyDraft || object instanceof NumpyDType) return object.setState(state);
      // A state_dict's `_metadata`: facts about modules, not about tensors.
      if (object instanceof Map && state instanceof Map) return object;
      throw new PtFormatError('forbidden', 'it gives a state to what has none');
    },
    settled: (value) => (value instanceof NumpyDraft ? (value.array ?? value) : value),
    persistentId(id) {
      if (!Array.isArray(id) || id.length !== 5 || id[0] !== 'storage')
        throw fail('a persistent id is no storage');
      const [, type, key, , count] = id as unknown[];
      if (!(type instanceof Known) || typeof key !== 'string' || !/^\w+$/.test(key))
        throw fail('a storage has no name');
      if (!Number.isSafeInteger(count) || (count as number) < 0)
        throw fail(`storage ${key} has no number of elements`);
      const dtype = dtypeOfStorage(type.name) ?? null;
      return new StorageRef(findStorage(key, (count as number) * (dtype ? DTYPES[dtype].bytes : 1)), dtype);
    },
  };
}

function isStorageClass(module: string, name: string): boolean {
  if (!['torch', 'torch.storage', 'torch.cuda'].includes(module)) return false;
  return name === 'UntypedStorage' || dtypeOfStorage(name) !== undefined;
}

/** Names that mean the same. */
const ALIASES: Readonly<Record<string, string>> = {
  'numpy._core.multiarray._reconstruct': 'numpy.core.multiarray._reconstruct',
  'numpy._core.multiarray.scalar': 'numpy.core.multiarray.scalar',
  'numpy._core.numeric._frombuffer': 'numpy.core.numeric._frombuffer',
  'builtins.set': '__builtin__.set',
  'builtins.frozenset': '__builtin__.set',
  '__builtin__.frozenset': '__builtin__.set',
  'builtins.bytes': '__builtin__.bytes',
  'builtins.bytearray': '__builtin__.bytearray',
  'builtins.complex': '__builtin__.complex',
  'collections.Counter': 'collections.OrderedDict',
};

const HANDLERS: Readonly<Record<string, Handler>> = {
  'torch._utils._rebuild_tensor': ([storage, offset, shape, stride]) =>
    rebuild(storage, offset, shape, stride, false),
  'torch._utils._rebuild_tensor_v2': (args) => {
    plainFlags(args[6]);
    return rebuild(args[0], args[1], args[2], args[3], args[4] === true);
  },
  'torch._utils._rebuild_tensor_v3': (args) => {
    plainFlags(args[7]);
    const dtype = typeof args[6] === 'string' ? args[6].replace(/^torch\./, '') : 'of no name';
    if (!isDType(dtype)) throw fail(`dtype ${dtype} is not read`);
    return rebuild(args[0], args[1], args[2], args[3], args[4] === true, dtype);
  },
  'torch._utils._rebuild_parameter': ([tensor, requiresGrad]) => {
    if (!(tensor instanceof LazyTensor)) throw fail('a parameter of what is no tensor');
    return tensor.asParameter(requiresGrad === true);
  },
  'torch.Size': ([sizes = []]) => {
    if (!Array.isArray(sizes)) throw fail('a torch.Size of what is no tuple');
    return sizes;
  },
  'torch.device': ([type, index]) => {
    if (typeof type !== 'string' || type.length > 64) throw fail('a torch.device without a name');
    return typeof index === 'number' ? `${type}:${index}` : type;
  },
  'collections.OrderedDict': ([items], spend) => dict(items, spend),
  '_codecs.encode': ([text, codec], spend) => latin1(text, codec, spend),
  '__builtin__.set': ([items = []], spend) => {
    if (!Array.isArray(items)) throw fail('a set of what is no list');
    spend(items.length);
    return new Set(items);
  },
  '__builtin__.bytes': (args) => {
    if (args.length > 0) throw fail('bytes with arguments');
    return new Uint8Array(0);
  },
  '__builtin__.bytearray': ([bytes, codec], spend) => {
    if (bytes === undefined) return new Uint8Array(0);
    if (bytes instanceof Uint8Array) return bytes;
    return latin1(bytes, codec === 'latin-1' ? 'latin1' : codec, spend);
  },
  '__builtin__.complex': ([real, imaginary]) => {
    if (typeof real !== 'number' || typeof imaginary !== 'number')
      throw fail('a complex of what are no numbers');
    return [real, imaginary];
  },
  'numpy.core.multiarray._reconstruct': () => new NumpyDraft(),
  'numpy.core.multiarray.scalar': ([dtype, bytes]) => numpyScalar(dtype, bytes),
  'numpy.core.numeric._frombuffer': ([bytes, dtype, shape, order]) =>
    numpyArray(dtype, shape, order === 'F', bytes),
  'numpy.dtype': ([code]) => new NumpyDType(code),
};

function rebuild(
  ref: unknown,
  offset: unknown,
  shape: unknown,
  stride: unknown,
  requiresGrad: boolean,
  dtype?: DType,
) {
  if (!(ref instanceof StorageRef)) throw fail('a tensor has no storage');
  const type = dtype ?? ref.dtype;
  if (type === null) throw fail('a tensor has no dtype');
  if (!Array.isArray(shape) || !Array.isArray(stride) || typeof offset !== 'number')
    throw fail('a tensor has no shape');
  return new LazyTensor({ kind: 'tensor', dtype: type, shape, stride, offset, requiresGrad }, ref.storage);
}

/** Flags such as "conjugate" change what the bytes mean. */
function plainFlags(flags: unknown): void {
  if (flags instanceof Map && [...flags.values()].some((value) => value !== false && value !== null)) {
    throw fail(`a tensor with the flags ${[...flags.keys()]}`);
  }
}

function dict(items: unknown, spend: Spend): Map<unknown, unknown> {
  if (items instanceof Map) return items;
  const made = new Map<unknown, unknown>();
  if (items === undefined) return made;
  if (!Array.isArray(items)) throw fail('an OrderedDict of what is no list');
  spend(items.length);
  for (const item of items) {
    if (!Array.isArray(item) || typeof item[0] === 'object')
      throw fail('an OrderedDict of what are no pairs');
    made.set(item[0], item[1]);
  }
  return made;
}

function latin1(text: unknown, codec: unknown, spend: Spend): Uint8Array {
  if (typeof text !== 'string' || codec !== 'latin1') throw fail('encode of what is no latin1 text');
  spend(text.length);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) throw fail('a character beyond latin1');
  }
  return Buffer.from(text, 'latin1');
}
