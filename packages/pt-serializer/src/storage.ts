/** Bytes that tensors are views of. */
export interface Storage {
  /** Bytes. */
  readonly size: number;
  /** Whether multi-byte elements are big-endian. */
  readonly bigEndian: boolean;
  /** Exactly `length` bytes from `offset` on, in memory of their own, aligned for any element type. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** A storage in memory, such as the bytes of a numpy array inside the pickle. */
export function memoryStorage(bytes: Uint8Array, bigEndian: boolean): Storage {
  return {
    size: bytes.byteLength,
    bigEndian,
    read: async (offset, length) => new Uint8Array(bytes.subarray(offset, offset + length)),
  };
}
