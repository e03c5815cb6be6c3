import { PtFormatError } from '../format-error.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { outOfRange } from '../refusals.js';
import { arrayOf, float32Of, type TypedArray } from './arrays.js';
import { contiguousStride, DTYPES, type DType, elementCount } from './dtypes.js';
import { gather } from './gather.js';
import { type Storage, swapped } from './storage.js';
import { checkBounds, type TensorFacts } from './tensor-facts.js';

/** The storage of which a tensor is a view. */
export let storageOf: (tensor: LazyTensor) => Storage;

/** A tensor in a file; its elements are read on request. */
export class LazyTensor implements TensorFacts {
  readonly kind: 'tensor' | 'ndarray';
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
  readonly requiresGrad: boolean;
  readonly parameter: boolean;
  readonly #storage: Storage;
  readonly #maxExpanded: number;

  static {
    storageOf = (tensor) => tensor.#storage;
  }

  /**
   * @param maxExpanded most bytes to read of a tensor with more elements than its storage.
   * @throws PtFormatError (`tensor`) if an element would be outside the storage.
   */
  constructor(facts: TensorFacts, storage: Storage, maxExpanded = DEFAULT_LIMITS.expandedBytes) {
    checkBounds(facts, storage.size);
    this.kind = facts.kind;
    this.dtype = facts.dtype;
    // Copy: a pickle could append to these lists after the check.
    this.shape = [...facts.shape];
    this.stride = [...facts.stride];
    this.offset = facts.offset;
    this.requiresGrad = facts.requiresGrad;
    this.parameter = facts.parameter;
    this.#storage = storage;
    this.#maxExpanded = maxExpanded;
  }

  /** Bytes of all elements. */
  get byteLength(): number {
    return elementCount(this.shape) * DTYPES[this.dtype].bytes;
  }

  /** Bytes of its storage, which other tensors may share. */
  get storageByteLength(): number {
    return this.#storage.size;
  }

  /** Whether the elements are contiguous and row-major. */
  get contiguous(): boolean {
    const expected = contiguousStride(this.shape);
    return (
      this.shape.every((size, i) => size === 1 || this.stride[i] === expected[i]) || this.byteLength === 0
    );
  }

  /**
   * The range of its elements in the file, for callers that read it themselves; null if they are not
   * contiguous there in the order of `readBytes`. Such reads are not checked against a checksum.
   */
  get fileRange(): { offset: number; length: number } | null {
    const { start, bigEndian } = this.#storage;
    const { bytes, swap } = DTYPES[this.dtype];
    if (start === undefined || !this.contiguous || (bigEndian && swap > 1)) return null;
    return { offset: start + this.offset * bytes, length: this.byteLength };
  }

  /**
   * The part at one index of the first dimension, without that dimension, like `torch.select(t, 0, index)`.
   *
   * @throws RangeError for an index out of range.
   */
  select(index: number): LazyTensor {
    const [size, ...shape] = this.shape;
    if (size === undefined || !(Number.isInteger(index) && index >= 0 && index < size))
      throw outOfRange(
        'select',
        'index',
        `select: index ${String(index)} of a tensor of shape [${this.shape}]`,
        index,
      );
    const [step = 0, ...stride] = this.stride;
    const facts = { ...this, shape, stride, offset: this.offset + index * step, parameter: false };
    return new LazyTensor(facts, this.#storage, this.#maxExpanded);
  }

  /** The same tensor as a parameter of a module. */
  asParameter(requiresGrad: boolean): LazyTensor {
    return new LazyTensor({ ...this, requiresGrad, parameter: true }, this.#storage, this.#maxExpanded);
  }

  /**
   * The bytes of all elements, row-major and little-endian, whatever the strides. From a file they belong to
   * the caller; from memory they may be a view of it.
   *
   * @throws PtFormatError: `checksum` if the storage is damaged, `limit` if the array is too large for Node
   * or elements are repeated too often.
   */
  readBytes(): Promise<Uint8Array> {
    return this.#readPart(this.shape, this.offset);
  }

  /**
   * The bytes of rows `[from, to)` of the first dimension, like `readBytes`.
   *
   * @throws RangeError for rows out of range.
   */
  async readRows(from: number, to: number): Promise<Uint8Array> {
    const [rows, ...rest] = this.shape;
    if (
      rows === undefined ||
      !(from >= 0 && from <= to && to <= rows) ||
      ![from, to].every(Number.isInteger)
    ) {
      throw outOfRange(
        'readRows',
        'from, to',
        `rows ${String(from)} to ${String(to)} of a tensor of shape [${this.shape}]; from and to must be whole numbers, 0 ≤ from ≤ to ≤ ${rows ?? 0}`,
        [from, to],
      );
    }
    return this.#readPart([to - from, ...rest], this.offset + from * this.stride[0]!);
  }

  /** The elements of all or some rows, as the array type of their dtype; does not copy the bytes it read. */
  async readArray(from?: number, to?: number): Promise<TypedArray> {
    return arrayOf(this.dtype, await this.#readRange(from, to));
  }

  /**
   * The elements of all or some rows as float32: float16 and bfloat16 exactly, others rounded to nearest.
   *
   * @throws TypeError for complex elements.
   */
  async readFloat32(from?: number, to?: number): Promise<Float32Array> {
    return float32Of(this.dtype, await this.#readRange(from, to));
  }

  #readRange(from?: number, to?: number): Promise<Uint8Array> {
    if (from === undefined && to === undefined) return this.readBytes();
    return this.readRows(from === undefined ? 0 : from, to === undefined ? (this.shape[0] ?? 0) : to);
  }

  async #readPart(shape: readonly number[], offset: number): Promise<Uint8Array> {
    const { bytes: width, swap } = DTYPES[this.dtype];
    const length = elementCount(shape) * width;
    if (length === 0) return new Uint8Array(0);
    if (length > Math.max(this.#storage.size, this.#maxExpanded)) {
      throw new PtFormatError(
        'limit',
        `${length} bytes of shape [${shape}] from a storage of ${this.#storage.size}; at most ${this.#maxExpanded} may be expanded from repeated elements (limits.expandedBytes); read fewer rows`,
        this.#storage.place,
      );
    }
    const read = (from: number, count: number) => this.#storage.read(from, count);
    let bytes = this.contiguous
      ? await read(offset * width, length)
      : await gather(read, { offset, shape, stride: this.stride }, width);
    if (this.#storage.bigEndian && swap > 1) bytes = swapped(bytes, swap);
    // Not a Buffer: unlike a Uint8Array's, its slice() does not copy.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
