import { float32Of } from '@holdfast/pt-serializer';
import type { StoredType } from './stored-type.js';

/** Rows that lie one behind the other. */
export class Block {
  #data: Float32Array | undefined;

  /**
   * @param first the first row's number.
   * @param rows how many rows these are.
   * @param bytes the numbers as `dtype` says: row-major [rows, dim], little-endian.
   */
  constructor(
    readonly first: number,
    readonly rows: number,
    readonly dtype: StoredType,
    readonly bytes: Uint8Array,
  ) {}

  /** The numbers as float32. */
  get data(): Float32Array {
    this.#data ??= float32Of(this.dtype, this.bytes);
    return this.#data;
  }
}
