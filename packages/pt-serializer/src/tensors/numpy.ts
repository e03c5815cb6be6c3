import { PtFormatError } from '../format-error.js';
import { NumpyScalar, PtComplex, PtOpaque } from '../values.js';
import { arrayOf, float32Of } from './arrays.js';
import { DTYPES, type DType, elementCount } from './dtypes.js';
import { LazyTensor } from './lazy-tensor.js';
import { NumpyStrings, NumpyStringType } from './numpy-strings.js';
import { memoryStorage, swapped } from './storage.js';

const fail = (reason: string) => new PtFormatError('tensor', reason);

const CODES: Readonly<Record<string, DType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
  c8: 'complex64',
  c16: 'complex128',
};

/** A numpy dtype while its pickle is read: first the code, then the byte order from its state. */
export class NumpyDType {
  readonly elements: DType | NumpyStringType;
  bigEndian = false;

  constructor(code: unknown) {
    const known = typeof code === 'string' ? elementsOf(code) : null;
    if (known === null) {
      const shown = typeof code === 'string' ? JSON.stringify(code.slice(0, 100)) : `a ${typeof code}`;
      throw new PtFormatError('unsupported', `numpy dtype ${shown} is not supported`);
    }
    this.elements = known;
  }

  setState(state: unknown): this {
    const order = Array.isArray(state) ? state[1] : undefined;
    if (!['<', '>', '|', '='].includes(order)) throw fail('a numpy dtype has no byte order');
    this.bigEndian = order === '>';
    return this;
  }

  /** Bytes of one element. */
  get bytes(): number {
    return typeof this.elements === 'string' ? DTYPES[this.elements].bytes : this.elements.bytes;
  }
}

function elementsOf(code: string): DType | NumpyStringType | null {
  return Object.hasOwn(CODES, code) ? CODES[code]! : NumpyStringType.of(code);
}

/** A numpy array before its state is known. */
export class NumpyDraft {
  array: LazyTensor | NumpyStrings | PtOpaque | null = null;

  /** State: (version, shape, dtype, is_fortran, bytes). */
  setState(state: unknown): LazyTensor | NumpyStrings | PtOpaque {
    if (!Array.isArray(state) || state.length !== 5) throw fail('a numpy array has no state of 5 items');
    const [, shape, dtype, fortran, bytes] = state as unknown[];
    if (dtype instanceof PtOpaque) {
      this.array = new PtOpaque('numpy', 'ndarray', []);
      this.array.state = state;
      return this.array;
    }
    this.array = numpyArray(dtype, shape, fortran === true, bytes);
    return this.array;
  }
}

/** An array whose bytes are in the pickle. */
export function numpyArray(
  dtype: unknown,
  shape: unknown,
  fortran: boolean,
  bytes: unknown,
): LazyTensor | NumpyStrings {
  if (!(dtype instanceof NumpyDType)) throw fail('a numpy array has no dtype');
  if (!Array.isArray(shape) || shape.length > 64 || !shape.every(isSize)) {
    throw fail('a numpy array has no shape');
  }
  if (!(bytes instanceof Uint8Array)) throw fail('a numpy array has no bytes');
  const sizes = shape as number[];
  const expected = elementCount(sizes) * dtype.bytes;
  if (bytes.byteLength !== expected) {
    throw fail(`a numpy array of shape [${sizes}] has ${bytes.byteLength} bytes, not ${expected}`);
  }
  const stride = strides(sizes, fortran);
  const { elements, bigEndian } = dtype;
  if (typeof elements !== 'string') return new NumpyStrings(elements, bigEndian, sizes, stride, bytes);
  const facts = {
    kind: 'ndarray',
    dtype: elements,
    shape: sizes,
    stride,
    offset: 0,
    requiresGrad: false,
    parameter: false,
  } as const;
  return new LazyTensor(facts, memoryStorage(bytes, bigEndian));
}

/** A numpy scalar; of strings and bytes, what Python has for them too. @param spend deducts bytes that are copied. */
export function numpyScalar(
  dtype: unknown,
  bytes: unknown,
  spend: (count: number) => void,
): NumpyScalar | string | Uint8Array {
  if (!(dtype instanceof NumpyDType) || !(bytes instanceof Uint8Array))
    throw fail('a numpy scalar without dtype or bytes');
  if (bytes.byteLength !== dtype.bytes) throw fail('a numpy scalar of the wrong length');
  const { elements: name, bigEndian } = dtype;
  if (typeof name !== 'string') {
    spend(bytes.byteLength);
    return name.decode(bytes, bigEndian);
  }
  const little = bigEndian ? swapped(bytes, DTYPES[name].swap) : bytes;
  const [first, second] = arrayOf(name, little);
  if (name === 'complex64' || name === 'complex128')
    return new NumpyScalar(name, new PtComplex(first as number, second as number));
  if (name === 'bool') return new NumpyScalar(name, first !== 0);
  if (name === 'float16') return new NumpyScalar(name, float32Of(name, little)[0]!);
  return new NumpyScalar(name, typeof first === 'bigint' ? narrow(first) : first!);
}

const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;

function narrow(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function strides(shape: readonly number[], fortran: boolean): number[] {
  const stride = new Array<number>(shape.length);
  const axes = [...shape.keys()];
  let step = 1;
  for (const axis of fortran ? axes : axes.reverse()) {
    stride[axis] = step;
    step *= Math.max(1, shape[axis]!);
  }
  return stride;
}
