import { DTYPES, type DType } from './dtypes.js';
import { type LazyTensor, storageOf } from './lazy-tensor.js';
import { PtStorage, PtTensor } from './pt-value.js';
import { piecesOf, type Storage } from './storage.js';

/** A storage as it is written: the member `data/<key>`. */
export interface StorageEntry {
  key: number;
  /** Bytes. */
  size: number;
  /** Its class, such as FloatStorage; null for bytes without a type. */
  type: string | null;
  pieces(): Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** The storages of a value's tensors, each once, numbered in the order in which they are first met. */
export class StorageTable {
  readonly #entries = new Map<PtStorage | Storage, StorageEntry & { dtype: DType }>();

  /** @throws TypeError where two tensors see the same bytes as different types, which PyTorch does not write either. */
  entry(tensor: PtTensor | LazyTensor, path: string): StorageEntry {
    const { dtype } = tensor;
    const storage = tensor instanceof PtTensor ? tensor.storage : storageOf(tensor);
    const { storage: type, swap } = DTYPES[dtype];
    const known = this.#entries.get(storage);
    if (known) {
      if (known.type === type && DTYPES[known.dtype].swap === swap) return known;
      throw new TypeError(`${path}: its storage is written as ${known.dtype}, and cannot be ${dtype} too`);
    }
    const pieces = () => (storage instanceof PtStorage ? dataOf(storage) : piecesOf(storage, swap));
    const entry = { key: this.#entries.size, size: storage.size, type, dtype, pieces };
    this.#entries.set(storage, entry);
    return entry;
  }

  /** In the order of their keys. */
  entries(): StorageEntry[] {
    return [...this.#entries.values()];
  }
}

function dataOf({ data }: PtStorage): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof data === 'function') return data();
  return [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}
