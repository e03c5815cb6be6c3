import type { Out } from './out.js';
import { aligned, u16, u32, u64 } from './parts.js';

/** HDF5 reads at least this much of a collection. */
const LEAST = 4096;
/** Strings in a collection. A reader loads all of one to read any of them. */
export const COLLECTION = 256;
/** Bytes of a reference to a string. */
export const REFERENCE = 16;

/** Writes some strings, at most 65,535. @returns a reference to each, one behind the other: its length, its collection, its number there. */
export async function writeStrings(out: Out, strings: readonly string[]): Promise<Buffer> {
  const address = out.position;
  const references = Buffer.alloc(strings.length * REFERENCE);
  const parts: Buffer[] = [];
  let length = 16;
  /** Where a string was first: the same one is written once. */
  const first = new Map<string, number>();
  for (const [at, text] of strings.entries()) {
    // A reference of zeros is the empty string.
    if (text === '') continue;
    const before = first.get(text);
    if (before !== undefined) {
      references.copy(references, at * REFERENCE, before * REFERENCE, (before + 1) * REFERENCE);
      continue;
    }
    first.set(text, at);
    const bytes = Buffer.from(text);
    const size = aligned(bytes.length);
    parts.push(u16(at + 1, 0), u32(0), u64(bytes.length), bytes, Buffer.alloc(size - bytes.length));
    length += 16 + size;
    references.writeUInt32LE(bytes.length, at * REFERENCE);
    references.writeBigUInt64LE(BigInt(address), at * REFERENCE + 4);
    references.writeUInt32LE(at + 1, at * REFERENCE + 12);
  }
  if (length === 16) return references;
  // What is left is an object too, number 0, with its own size.
  const free = Math.max(16, LEAST - length);
  const head = [Buffer.from('GCOL\x01\0\0\0', 'latin1'), u64(length + free)];
  await out.write(Buffer.concat([...head, ...parts, u16(0, 0), u32(0), u64(free), Buffer.alloc(free - 16)]));
  return references;
}
