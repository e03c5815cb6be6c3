import { TruncatedError } from './bad-compression.js';
import { Bits } from './bits.js';
import { SymbolReader } from './bzip2-codes.js';
import { PendingBytes } from './pending-bytes.js';

const OUTPUT_BYTES = 256 * 1024;
/** Bytes that a block of 100,000 letters takes at most: 20 bits a letter, and its tables. */
const BLOCK_BYTES = 250_000;
const TABLE_BYTES = 64 * 1024;

const POLYNOMIAL = 0x04c11db7;
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ POLYNOMIAL : crc << 1;
  return crc;
});

/**
 * Decompresses bzip2 of any number of streams, block by block: takes at most 10 MB, and checks every checksum.
 *
 * @throws TruncatedError; Error that says how the data is damaged.
 */
export async function* bunzip2(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pending = new PendingBytes(chunks);
  while (await pending.want(1)) {
    if (!(await pending.want(4))) throw new TruncatedError();
    const [b, z, h, level = 0] = pending.bytes;
    const size = level - 0x30;
    if (b !== 0x42 || z !== 0x5a || h !== 0x68 || size < 1 || size > 9)
      throw new Error('other data follows it');
    pending.skip(4);
    yield* decodeStream(pending, size);
  }
}

/** @param size of a block, in 100,000 letters. */
async function* decodeStream(pending: PendingBytes, size: number): AsyncGenerator<Uint8Array> {
  const letters = new Int32Array(100_000 * size);
  let whole = 0;
  /** Bits of the first pending byte that are used. */
  let used = 0;
  for (;;) {
    await pending.want(BLOCK_BYTES * size + TABLE_BYTES);
    const bits = new Bits(pending.bytes);
    bits.read(used);
    const magic = [bits.read(24), bits.read(24)];
    const crc = bits.read32() | 0;
    if (magic[0] === 0x177245 && magic[1] === 0x385090) {
      if (crc !== whole) throw new Error('its checksum is wrong');
      pending.skip(bits.bytesUsed);
      return;
    }
    if (magic[0] !== 0x314159 || magic[1] !== 0x265359) throw new Error('a block begins wrongly');
    const { origin, count } = readBlock(bits, letters);
    const found = yield* lettersOf(letters, origin, count);
    if (found !== crc) throw new Error('a checksum is wrong');
    whole = ((whole << 1) | (whole >>> 31)) ^ crc;
    used = bits.bitsOfLastByte;
    pending.skip(bits.bytesUsed - (used > 0 ? 1 : 0));
  }
}

/** Reads a block's letters, in the order of the Burrows-Wheeler transform. */
function readBlock(bits: Bits, letters: Int32Array): { origin: number; count: number } {
  if (bits.read(1) === 1) throw new Error('it is of a version before 0.9.5');
  const origin = bits.read(24);
  const recent = readAlphabet(bits);
  const end = recent.length + 1;
  const symbols = new SymbolReader(bits, recent.length + 2);
  let count = 0;
  let run = 0;
  let weight = 1;
  for (;;) {
    const symbol = symbols.next();
    if (symbol < 2) {
      // A run of the most recent letter; its length has the digits 1 and 2.
      run += weight * (symbol + 1);
      weight *= 2;
      if (run > letters.length - count) throw new Error('a block is too long');
      continue;
    }
    if (run > 0) letters.fill(recent[0]!, count, count + run);
    count += run;
    run = 0;
    weight = 1;
    if (symbol === end) break;
    if (count === letters.length) throw new Error('a block is too long');
    const place = symbol - 1;
    const letter = recent[place]!;
    recent.copyWithin(1, 0, place);
    recent[0] = letter;
    letters[count++] = letter;
  }
  if (origin >= count) throw new Error('a block begins outside itself');
  return { origin, count };
}

/** The letters of a block, ascending. */
function readAlphabet(bits: Bits): Uint8Array {
  const rows = bits.read(16);
  const letters: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits.read(16);
    for (let column = 0; column < 16; column++)
      if ((columns & (0x8000 >> column)) !== 0) letters.push(16 * row + column);
  }
  if (letters.length === 0) throw new Error('a block has no letter');
  return Uint8Array.from(letters);
}

/** Undoes the transform and the runs. @returns the checksum of what it yielded. */
function* lettersOf(letters: Int32Array, origin: number, count: number): Generator<Uint8Array, number> {
  const places = new Int32Array(256);
  for (let i = 0; i < count; i++) places[letters[i]! & 0xff]!++;
  for (let letter = 0, sum = 0; letter < 256; letter++) {
    const occurs = places[letter]!;
    places[letter] = sum;
    sum += occurs;
  }
  for (let i = 0; i < count; i++) letters[places[letters[i]! & 0xff]!++]! |= i << 8;
  let out = new Uint8Array(OUTPUT_BYTES);
  let used = 0;
  let crc = -1;
  let next = letters[origin]! >>> 8;
  let last = -1;
  let same = 0;
  for (let i = 0; i < count; i++) {
    const entry = letters[next]!;
    const letter = entry & 0xff;
    next = entry >>> 8;
    let times = 1;
    let each = letter;
    if (same === 4) {
      // After four equal letters, the number of further ones.
      times = letter;
      each = last;
      same = 0;
      last = -1;
    } else if (letter === last) same++;
    else {
      same = 1;
      last = letter;
    }
    for (; times > 0; times--) {
      if (used === OUTPUT_BYTES) {
        yield out;
        out = new Uint8Array(OUTPUT_BYTES);
        used = 0;
      }
      out[used++] = each;
      crc = (crc << 8) ^ CRC[(crc >>> 24) ^ each]!;
    }
  }
  yield out.subarray(0, used);
  return ~crc;
}
