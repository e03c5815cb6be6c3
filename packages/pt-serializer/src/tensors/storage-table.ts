import { unwritable } from '../refusals.js';
import { DTYPES, type DType, isDType } from './dtypes.js';
import { type LazyTensor, storageOf } from './lazy-tensor.js';
import { PtStorage, PtTensor } from './pt-value.js';
import { piecesOf, type Storage } from './storage.js';

/** A storage to write, as the member `data/<key>`. */
export interface StorageEntry {
  key: number;
  /** Bytes. */
  size: number;
  /**
   * Its class, such as FloatStorage; null for bytes without a type, or without a whole number of elements.
   */
  type: string | null;
  pieces(): AsyncIterable<Uint8Array>;
}

/** The storages of a value's tensors, each once, numbered in order of first use. */
export class StorageTable {
  readonly #entries = new Map<PtStorage | Storage, StorageEntry & { dtype: DType }>();

  /** @throws TypeError if two tensors view the same bytes as different types, as in PyTorch. */
  entry(tensor: PtTensor | LazyTensor, path: string): StorageEntry {
    const { dtype } = tensor;
    const storage = tensor instanceof PtTensor ? tensor.storage : storageOf(tensor);
    if (!isDType(dtype)) throw unwritable(`${path}: unknown dtype ${JSON.stringify(dtype)}`);
    const { storage: typed, swap, bytes } = DTYPES[dtype];
    const type = storage.size % bytes === 0 ? typed : null;
    const known = this.#entries.get(storage);
    if (known) {
      if (known.type === type && DTYPES[known.dtype].swap === swap) return known;
      throw unwritable(
        `${path}: its storage is already written as ${known.dtype} and cannot be ${dtype} too`,
      );
    }
    const pieces = () => (storage instanceof PtStorage ? dataOf(storage) : piecesOf(storage, swap));
    const entry = { key: this.#entries.size, size: storage.size, type, dtype, pieces };
    this.#entries.set(storage, entry);
    return entry;
  }

  /** In order of their keys. */
  entries(): StorageEntry[] {
    return [...this.#entries.values()];
  }
}

async function* dataOf({ data }: PtStorage): AsyncGenerator<Uint8Array> {
  for await (const piece of typeof data === 'function' ? data() : [data]) {
    if (!ArrayBuffer.isView(piece)) throw unwritable('a piece of a tensor is not a view of bytes');
    yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
  }
}
