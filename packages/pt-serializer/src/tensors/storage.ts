import type { PtErrorPlace } from '../format-error.js';
import type { DType } from './dtypes.js';

/** Bytes of which tensors are views. */
export interface Storage {
  /** Their place, for error messages. */
  readonly place?: PtErrorPlace;
  /** Bytes. */
  readonly size: number;
  /** The offset of its first byte in the file; undefined if it is not in a file. */
  readonly start?: number;
  /** Whether multi-byte elements are big-endian. */
  readonly bigEndian: boolean;
  /** Exactly `length` bytes from `offset` on; from a file they belong to the caller. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A storage as a tensor's pickle names it; `dtype` is null for bytes without a type. */
export class StorageRef {
  constructor(
    readonly storage: Storage,
    readonly dtype: DType | null,
  ) {}
}

/** Bytes per read of a whole storage. */
const CHUNK = 1 << 22;

/** All bytes of a storage in pieces, as little-endian units of `swap` bytes. */
export async function* piecesOf(storage: Storage, swap: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < storage.size; at += CHUNK) {
    const piece = await storage.read(at, Math.min(CHUNK, storage.size - at));
    yield storage.bigEndian ? swapped(piece, swap) : piece;
  }
}

/** A storage in memory, such as the bytes of a numpy array inside the pickle. */
export function memoryStorage(bytes: Uint8Array, bigEndian: boolean): Storage {
  return {
    size: bytes.byteLength,
    bigEndian,
    read: async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
  };
}

/** A copy with the bytes of every unit reversed. */
export function swapped(bytes: Uint8Array, unit: number): Uint8Array {
  const copy = Buffer.from(new Uint8Array(bytes).buffer);
  if (unit === 2) copy.swap16();
  else if (unit === 4) copy.swap32();
  else if (unit === 8) copy.swap64();
  return copy;
}
