import { PtFormatError } from '../format-error.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { outOfRange } from '../refusals.js';
import { arrayOf, float32Of, type TypedArray } from './arrays.js';
import { contiguousStride, DTYPES, type DType, elementCount } from './dtypes.js';
import { gather } from './gather.js';
import { type Storage, swapped } from './storage.js';
import { checkBounds, type TensorFacts } from './tensor-facts.js';

/** The storage a tensor is a view of. */
export let storageOf: (tensor: LazyTensor) => Storage;

/** A tensor in a file: what it is, known; its elements, read when asked. */
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
   * @param maxExpanded bytes that are read at most of a tensor with more elements than its storage.
   * @throws PtFormatError (`tensor`) when an element would lie outside the storage.
   */
  constructor(facts: TensorFacts, storage: Storage, maxExpanded = DEFAULT_LIMITS.expandedBytes) {
    checkBounds(facts, storage.size);
    this.kind = facts.kind;
    this.dtype = facts.dtype;
    // Copies: a pickle could append to these lists after they were checked.
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

  /** Bytes of the storage it is a view of, which others may share. */
  get storageByteLength(): number {
    return this.#storage.size;
  }

  /** Whether the elements are row-major without gaps. */
  get contiguous(): boolean {
    const expected = contiguousStride(this.shape);
    return (
      this.shape.every((size, i) => size === 1 || this.stride[i] === expected[i]) || this.byteLength === 0
    );
  }

  /**
   * The place of its elements in the archive, for callers that read the file themselves; null if they are not there one after
   * another, as `readBytes` gives them. What is read so is compared with no checksum.
   */
  get fileRange(): { offset: number; length: number } | null {
    const { start, bigEndian } = this.#storage;
    const { bytes, swap } = DTYPES[this.dtype];
    if (start === undefined || !this.contiguous || (bigEndian && swap > 1)) return null;
    return { offset: start + this.offset * bytes, length: this.byteLength };
  }

  /**
   * The part at one index of the first dimension, without that dimension, as `torch.select(tensor, 0, index)`.
   *
   * @throws RangeError for an index the tensor has not.
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

  /** The same elements as a parameter of a module. */
  asParameter(requiresGrad: boolean): LazyTensor {
    return new LazyTensor({ ...this, requiresGrad, parameter: true }, this.#storage, this.#maxExpanded);
  }

  /**
   * All elements' bytes, row-major, little-endian, whatever the strides. From a file they are the caller's own; from
   * memory they may be a view of it.
   *
   * @throws PtFormatError: `checksum` when the storage is damaged, `limit` when Node has no array so large or a repeated
   * element is repeated too often.
   */
  readBytes(): Promise<Uint8Array> {
    return this.#readPart(this.shape, this.offset);
  }

  /**
   * The bytes of rows `from` (included) to `to` (not included) of the first dimension, as by `readBytes`.
   *
   * @throws RangeError for rows the tensor has not.
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

  /** Elements, all or those of some rows, as the array type of their dtype; without a copy of what was read. */
  async readArray(from?: number, to?: number): Promise<TypedArray> {
    return arrayOf(this.dtype, await this.#readRange(from, to));
  }

  /**
   * Elements, all or those of some rows, as float32: float16 and bfloat16 exactly, others rounded to the nearest.
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
        `${length} bytes of shape [${shape}] from a storage of ${this.#storage.size}; at most ${this.#maxExpanded} are made of repeated elements (limits.expandedBytes), read fewer rows`,
        this.#storage.place,
      );
    }
    const read = (from: number, count: number) => this.#storage.read(from, count);
    let bytes = this.contiguous
      ? await read(offset * width, length)
      : await gather(read, { offset, shape, stride: this.stride }, width);
    if (this.#storage.bigEndian && swap > 1) bytes = swapped(bytes, swap);
    // Not a Buffer, whose slice() does not copy as a Uint8Array's does.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
