import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A checksum over the contents of a block. */
export interface XzCheck {
  bytes: number;
  update(part: Uint8Array): void;
  digest(): Uint8Array;
}

const POLYNOMIAL = [0xc96c5795, 0xd7870f42] as const;
const HIGH = new Int32Array(256);
const LOW = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const odd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) {
      high ^= POLYNOMIAL[0];
      low ^= POLYNOMIAL[1];
    }
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

function crc64Check(): XzCheck {
  let [high, low] = [-1, -1];
  return {
    bytes: 8,
    update(part) {
      for (let i = 0; i < part.length; i++) {
        const byte = (low ^ part[i]!) & 0xff;
        low = ((low >>> 8) | (high << 24)) ^ LOW[byte]!;
        high = (high >>> 8) ^ HIGH[byte]!;
      }
    },
    digest() {
      const bytes = Buffer.alloc(8);
      bytes.writeInt32LE(~low, 0);
      bytes.writeInt32LE(~high, 4);
      return bytes;
    },
  };
}

function crc32Check(): XzCheck {
  let crc = 0;
  return {
    bytes: 4,
    update(part) {
      crc = crc32(part, crc);
    },
    digest() {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(crc);
      return bytes;
    },
  };
}

function sha256Check(): XzCheck {
  const hash = createHash('sha256');
  return { bytes: 32, update: (part) => void hash.update(part), digest: () => hash.digest() };
}

/** The check of a stream's blocks. @throws Error for a kind that nobody uses. */
export function xzCheck(kind: number): XzCheck | null {
  if (kind === 0) return null;
  if (kind === 1) return crc32Check();
  if (kind === 4) return crc64Check();
  if (kind === 10) return sha256Check();
  throw new Error(`its kind of checksum (${kind}) is not known`);
}
