import { crc32 as slow } from 'node:zlib';

type Crc32 = (bytes: Uint8Array, sum?: number) => number;

let fast: Crc32 = slow;

/**
 * Settles when the CRC-32 with the processor's carry-less multiplication is loaded, about five times as fast as that of
 * Node's zlib; where its native part is missing, zlib's does, with the same result.
 */
export const fastCrc32: Promise<void> = import('@node-rs/crc32').then(
  ({ crc32 }) => {
    fast = (bytes, sum) => crc32(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), sum);
  },
  () => undefined,
);

/** The CRC-32 of bytes, going on from that of what came before them. */
export function crc32(bytes: Uint8Array, sum = 0): number {
  return fast(bytes, sum);
}
