import { createHash } from 'node:crypto';
import { type LazyTensor, type NumpyStrings, PtFormatError } from '@holdfast/pt-serializer';
import { doubleOf } from './items.js';

/** Bytes of a tensor held in memory if its rows are contiguous, and if they are not. */
const CHUNK = 2 ** 24;
const STRIDED_CHUNK = 2 ** 30;
/** Most bytes hashed: this many times the file, since several views may share a storage, and a little more. */
const TIMES = 8;
const MORE = 2 ** 30;
/** Most bytes hashed of a tensor of repeated elements; openPt reads no more of one either. */
const EXPANDED = 2 ** 28;
/** Characters of strings that are hashed at a time. */
const TEXT = 2 ** 20;

/** The SHA-256 digests of what a file holds. Each object is hashed once, however often it is referred to. */
export class Digests {
  readonly #known = new Map<object, string>();
  #left: number;

  /** @param fileBytes of the file. */
  constructor(fileBytes: number) {
    this.#left = TIMES * fileBytes + MORE;
  }

  /**
   * A tensor's elements: row-major, little-endian.
   *
   * @throws PtFormatError (`limit`) for what a small file repeats without end.
   */
  async ofTensor(tensor: LazyTensor): Promise<string> {
    const known = this.#known.get(tensor);
    if (known !== undefined) return known;
    const { byteLength, storageByteLength } = tensor;
    if (byteLength > Math.max(storageByteLength, EXPANDED))
      throw new PtFormatError('limit', `${byteLength} bytes are made of a storage of ${storageByteLength}`);
    this.#spend(byteLength);
    const hash = createHash('sha256');
    const [rows] = tensor.shape;
    // Some rows of a transposed matrix cost as much as all.
    const chunk = tensor.stride[0] === Math.max(...tensor.stride) ? CHUNK : STRIDED_CHUNK;
    if (rows === undefined || byteLength <= chunk) {
      hash.update(await tensor.readBytes());
    } else {
      const step = Math.max(1, Math.floor(chunk / (byteLength / rows)));
      for (let at = 0; at < rows; at += step)
        hash.update(await tensor.readRows(at, Math.min(rows, at + step)));
    }
    return this.#keep(tensor, hash.digest('hex'));
  }

  /** Strings of numpy: row-major, characters as little-endian. */
  ofTexts(texts: NumpyStrings): string {
    const known = this.#known.get(texts);
    if (known !== undefined) return known;
    this.#spend(texts.byteLength);
    return this.#keep(texts, createHash('sha256').update(texts.toBytes()).digest('hex'));
  }

  /** Strings, joined by line feeds. */
  ofStrings(strings: readonly string[]): string {
    const known = this.#known.get(strings);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    let text = '';
    for (const [i, string] of strings.entries()) {
      this.#spend(string.length);
      text += i > 0 ? `\n${string}` : string;
      if (text.length < TEXT) continue;
      hash.update(text);
      text = '';
    }
    return this.#keep(strings, hash.update(text).digest('hex'));
  }

  /** Numbers as float64, little-endian. */
  ofNumbers(numbers: readonly unknown[]): string {
    const known = this.#known.get(numbers);
    if (known !== undefined) return known;
    const doubles = Float64Array.from(numbers, doubleOf);
    this.#spend(doubles.byteLength);
    return this.#keep(numbers, createHash('sha256').update(doubles).digest('hex'));
  }

  #keep(object: object, digest: string): string {
    this.#known.set(object, digest);
    return digest;
  }

  #spend(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new PtFormatError('limit', 'it shows the same bytes too many times');
  }
}
