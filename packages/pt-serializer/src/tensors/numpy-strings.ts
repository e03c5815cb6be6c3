import { PtFormatError } from '../format-error.js';
import { swapped } from './storage.js';

/** Bytes of a character: numpy stores code points in UCS-4. */
const CHARACTER = 4;

/** How numpy stores strings of a fixed width. */
export class NumpyStringType {
  /** @param kind `U`, strings; `S`, bytes. @param width characters or bytes of each item. */
  constructor(
    readonly kind: 'U' | 'S',
    readonly width: number,
  ) {}

  /** From a code such as `U5`; null for another kind of code. */
  static of(code: string): NumpyStringType | null {
    const [, kind, width] = /^([US])([1-9]\d{0,8})$/.exec(code) ?? [];
    return kind === undefined ? null : new NumpyStringType(kind as 'U' | 'S', Number(width));
  }

  /** Bytes of one item. */
  get bytes(): number {
    return this.width * (this.kind === 'U' ? CHARACTER : 1);
  }

  /** One item without the zeros that fill it up, as numpy gives it. @throws PtFormatError for what is no character. */
  decode(bytes: Uint8Array, bigEndian: boolean): string | Uint8Array {
    if (this.kind === 'S') return bytes.subarray(0, 1 + bytes.findLastIndex((byte) => byte !== 0));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = '';
    for (let at = 0; at < bytes.byteLength; at += CHARACTER) {
      const code = view.getUint32(at, !bigEndian);
      if (code > 0x10ffff)
        throw new PtFormatError('tensor', `a numpy string holds ${code}, which is no character`);
      text += String.fromCodePoint(code);
    }
    return text.replace(/\0+$/, '');
  }
}

/** A numpy array of strings (`U`) or bytes (`S`) of a fixed width. Items are decoded when they are asked for. */
export class NumpyStrings {
  readonly #type: NumpyStringType;
  readonly #bigEndian: boolean;
  readonly #bytes: Uint8Array;
  readonly #stride: readonly number[];

  /** @param stride items from one index to the next, for each axis. @param bytes all items. */
  constructor(
    type: NumpyStringType,
    bigEndian: boolean,
    readonly shape: readonly number[],
    stride: readonly number[],
    bytes: Uint8Array,
  ) {
    this.#type = type;
    this.#bigEndian = bigEndian;
    this.#stride = stride;
    this.#bytes = bytes;
  }

  /** Number of items. */
  get length(): number {
    return this.byteLength / this.#type.bytes;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  /** As numpy names it: `<U5`, `|S3`. */
  get dtype(): string {
    return `${this.#type.kind === 'S' ? '|' : '<'}${this.#type.kind}${this.#type.width}`;
  }

  /**
   * One item; bytes are a view.
   *
   * @param index row-major.
   * @throws PtFormatError `tensor` for code points that are no characters.
   */
  at(index: number): string | Uint8Array {
    return this.#type.decode(this.#item(index), this.#bigEndian);
  }

  /** All items, row-major. @throws as `at`. */
  *[Symbol.iterator](): Generator<string | Uint8Array, void> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  /** The items as numpy stores them: row-major, little-endian. */
  toBytes(): Uint8Array {
    const size = this.#type.bytes;
    const all = new Uint8Array(this.byteLength);
    for (let i = 0; i < this.length; i++) all.set(this.#item(i), i * size);
    return this.#bigEndian ? swapped(all, CHARACTER) : all;
  }

  #item(index: number): Uint8Array {
    let rest = index;
    let at = 0;
    for (let axis = this.shape.length - 1; axis >= 0; axis--) {
      at += (rest % this.shape[axis]!) * this.#stride[axis]!;
      rest = Math.floor(rest / this.shape[axis]!);
    }
    return this.#bytes.subarray(at * this.#type.bytes, (at + 1) * this.#type.bytes);
  }
}
