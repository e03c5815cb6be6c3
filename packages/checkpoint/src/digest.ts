import { open } from 'node:fs/promises';
import xxhash, { type XXHashAPI } from 'xxhash-wasm';

/** Bytes read at a time; a read of one overlaps the hashing of the other. */
const PART = 1 << 22;

let loaded: Promise<XXHashAPI> | null = null;

/** A digest that takes bytes as they come. */
export interface Digest {
  update(bytes: Uint8Array): void;
  /** 16 hexadecimal digits. */
  digest(): string;
}

/**
 * The XXH64 of bytes, with seed 0: 6 GB/s, so that it costs less than the writing; SHA-256 does 1.2. It proves that bytes
 * are those that were written, not who wrote them.
 */
export async function xxh64(): Promise<Digest> {
  loaded ??= xxhash();
  const state = (await loaded).create64();
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => state.digest().toString(16).padStart(16, '0'),
  };
}

/** The XXH64 of a file of `size` bytes. */
export async function xxh64Of(path: string, size: number): Promise<string> {
  const hash = await xxh64();
  const file = await open(path, 'r');
  try {
    const part = Math.min(PART, size);
    const buffers = [Buffer.allocUnsafe(part), Buffer.allocUnsafe(part)] as const;
    let at = 0;
    const next = (i: number) => file.read(buffers[i % 2]!, 0, part, at);
    let reading = next(0);
    for (let i = 0; ; i++) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return hash.digest();
      at += bytesRead;
      reading = next(i + 1);
      hash.update(buffers[i % 2]!.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
