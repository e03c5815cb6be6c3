import { allocate } from './allocate.js';
import { contiguousStride, DTYPES, type DType, elementCount } from './dtypes.js';
import { PtFormatError } from './format-error.js';
import type { Storage } from './storage.js';

/** What a tensor is, without its elements. */
export interface TensorFacts {
  kind: 'tensor' | 'ndarray';
  dtype: DType;
  shape: readonly number[];
  /** In elements. */
  stride: readonly number[];
  /** Of the first element within the storage, in elements. */
  offset: number;
  requiresGrad: boolean;
}

const MAX_RANK = 64;
/** A tensor that repeats one element (stride 0) may be far larger than its file; beyond this it is refused. */
const MAX_BYTES = 2 ** 40;

/** A tensor in a file: what it is, known; its elements, read when asked. */
export class LazyTensor implements TensorFacts {
  readonly kind: 'tensor' | 'ndarray';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly requiresGrad: boolean;
  readonly #storage: Storage;

  /** @throws PtFormatError (`tensor`) when an element would lie outside the storage. */
  constructor(facts: TensorFacts, storage: Storage) {
    checkBounds(facts, storage.size);
    this.kind = facts.kind;
    this.dtype = facts.dtype;
    // Copies: a pickle could append to these lists after they were checked.
    this.shape = [...facts.shape];
    this.stride = [...facts.stride];
    this.offset = facts.offset;
    this.requiresGrad = facts.requiresGrad;
    this.#storage = storage;
  }

  /** Bytes of all elements. */
  get byteLength(): number {
    return elementCount(this.shape) * DTYPES[this.dtype].bytes;
  }

  /** Whether the elements lie row-major without gaps. */
  get contiguous(): boolean {
    const expected = contiguousStride(this.shape);
    return (
      this.shape.every((size, i) => size === 1 || this.stride[i] === expected[i]) || this.byteLength === 0
    );
  }

  /** The same elements as a parameter of a module. */
  asParameter(requiresGrad: boolean): LazyTensor {
    return new LazyTensor({ ...this, requiresGrad }, this.#storage);
  }

  /**
   * All elements' bytes, row-major, little-endian, whatever the strides; aligned for any typed array, the caller's own.
   *
   * @throws PtFormatError: `checksum` when a whole storage was read and is damaged, `limit` when Node has no array so
   * large.
   */
  readBytes(): Promise<Uint8Array> {
    return this.#readPart(this.shape, this.offset);
  }

  /**
   * The bytes of rows `from` (included) to `to` (not included) of the first dimension, as by `readBytes`. The checksum is
   * compared only if they are the whole storage.
   *
   * @throws RangeError for rows the tensor has not.
   */
  async readRows(from: number, to: number): Promise<Uint8Array> {
    const [rows, ...rest] = this.shape;
    if (rows === undefined || !(from >= 0 && from <= to && to <= rows) || !Number.isInteger(from + to)) {
      throw new RangeError(`rows ${from} to ${to} of a tensor of shape [${this.shape}]`);
    }
    return this.#readPart([to - from, ...rest], this.offset + from * this.stride[0]!);
  }

  async #readPart(shape: readonly number[], offset: number): Promise<Uint8Array> {
    const { bytes: width, swap } = DTYPES[this.dtype];
    const count = elementCount(shape);
    if (count === 0) return new Uint8Array(0);
    let bytes: Uint8Array;
    if (this.contiguous) {
      bytes = await this.#storage.read(offset * width, count * width);
    } else {
      const reach = shape.reduce((sum, size, i) => sum + (size - 1) * this.stride[i]!, 1);
      bytes = gather(await this.#storage.read(offset * width, reach * width), shape, this.stride, width);
    }
    if (this.#storage.bigEndian && swap > 1) swapInPlace(bytes, swap);
    // Not a Buffer, whose slice() does not copy as a Uint8Array's does.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function checkBounds({ dtype, shape, stride, offset }: TensorFacts, storageBytes: number): void {
  const fail = (reason: string) => new PtFormatError('tensor', reason);
  if (shape.length !== stride.length) throw fail(`${shape.length} sizes but ${stride.length} strides`);
  if (shape.length > MAX_RANK) throw fail(`${shape.length} dimensions; at most ${MAX_RANK} are read`);
  for (const value of [...shape, ...stride, offset]) {
    if (!Number.isSafeInteger(value) || value < 0) throw fail(`${value} is no size, stride or offset`);
  }
  const width = BigInt(DTYPES[dtype].bytes);
  const count = shape.reduce((product, size) => product * BigInt(size), 1n);
  if (count * width > BigInt(MAX_BYTES)) throw fail(`${count * width} bytes; at most ${MAX_BYTES} are read`);
  if (count === 0n) return;
  const last = shape.reduce((sum, size, i) => sum + BigInt(size - 1) * BigInt(stride[i]!), BigInt(offset));
  if ((last + 1n) * width > BigInt(storageBytes)) {
    throw fail(
      `shape [${shape}], stride [${stride}], offset ${offset} reach beyond a storage of ${storageBytes} bytes`,
    );
  }
}

/** Elements at `stride` steps, put side by side. */
function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  stride: readonly number[],
  width: number,
): Uint8Array {
  const out = allocate(elementCount(shape) * width);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < out.length; to += width) {
    for (let i = 0; i < width; i++) out[to + i] = bytes[from * width + i]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += stride[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

function swapInPlace(bytes: Uint8Array, unit: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (unit === 2) buffer.swap16();
  else if (unit === 4) buffer.swap32();
  else buffer.swap64();
}
