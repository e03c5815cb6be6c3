import { TruncatedError } from './bad-compression.js';
import { LzmaDecoder } from './lzma.js';
import type { PendingBytes } from './pending-bytes.js';
import { Window } from './window.js';

/** What a chunk holds at most, in bytes. */
const MOST_CHUNK = 2 * 1024 * 1024;

const NEEDS_NOTHING = 0;
const NEEDS_STATE = 1;
const NEEDS_PROPERTIES = 2;
const NEEDS_DICTIONARY = 3;

/**
 * Decompresses LZMA2, chunk by chunk.
 *
 * @param dictionary its size in bytes. @param onBytes called with the number of compressed bytes of each chunk.
 */
export async function* unlzma2(
  pending: PendingBytes,
  dictionary: number,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  const window = new Window(dictionary, MOST_CHUNK);
  const lzma = new LzmaDecoder(window);
  /** What the next chunk must reset. */
  let needs = NEEDS_DICTIONARY;
  const use = (count: number) => {
    pending.skip(count);
    onBytes(count);
  };
  const want = async (count: number) => {
    if (!(await pending.want(count))) throw new TruncatedError();
    return pending.bytes;
  };
  for (;;) {
    const [control = 0] = await want(1);
    if (control === 0) {
      use(1);
      return;
    }
    const isLzma = control >= 0x80;
    if (!isLzma && control > 2) throw new Error('a chunk begins wrongly');
    const resets = isLzma ? (control >> 5) & 3 : control === 1 ? NEEDS_DICTIONARY : NEEDS_NOTHING;
    if (needs === NEEDS_DICTIONARY && resets < NEEDS_DICTIONARY) throw new Error('a chunk begins wrongly');
    if (resets === NEEDS_DICTIONARY) window.reset();
    if (!isLzma) {
      const head = await want(3);
      const size = ((head[1]! << 8) | head[2]!) + 1;
      const bytes = await want(3 + size);
      for (let i = 3; i < 3 + size; i++) window.add(bytes[i]!);
      use(3 + size);
      if (needs === NEEDS_DICTIONARY) needs = NEEDS_PROPERTIES;
      yield window.take(size);
      continue;
    }
    if (resets < needs) throw new Error('a chunk begins wrongly');
    const head = await want(6);
    const length = (((control & 31) << 16) | (head[1]! << 8) | head[2]!) + 1;
    const size = ((head[3]! << 8) | head[4]!) + 1;
    const start = resets >= NEEDS_PROPERTIES ? 6 : 5;
    if (resets >= NEEDS_PROPERTIES) lzma.setProperties(head[5]!);
    if (resets >= NEEDS_STATE) lzma.resetState();
    const bytes = await want(start + size);
    lzma.decode(bytes.subarray(start, start + size), length);
    use(start + size);
    needs = NEEDS_NOTHING;
    yield window.take(length);
  }
}
