import type { Decompress } from 'fzstd';
import { TruncatedError } from './bad-compression.js';
import { PendingBytes } from './pending-bytes.js';
import { Xxh64 } from './xxh64.js';

const FRAME = 0xfd2fb528;
/** The first of 16 magic numbers of frames to be skipped. */
const SKIPPABLE = 0x184d2a50;
/** As the original program refuses larger ones by default. */
const MOST_WINDOW = 128 * 1024 * 1024;
const MOST_BLOCK = 128 * 1024;
const MIB = 1024 * 1024;

/**
 * Decompresses zstd of any number of frames (RFC 8878), block by block: takes little more than a frame's window,
 * of at most 128 MiB, and checks every checksum and length.
 *
 * @throws TruncatedError; Error that says how the data is damaged, or what is not supported.
 */
export async function* unzstd(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const library = await import('fzstd');
  const pending = new PendingBytes(chunks);
  while (await pending.want(1)) {
    const magic = (await bytesOf(pending, 4)).readUInt32LE(0);
    if ((magic & ~15) >>> 0 === SKIPPABLE) await skipFrame(pending);
    else if (magic === FRAME) yield* decodeFrame(pending, library.Decompress);
    else throw new Error('other data follows it');
  }
}

async function bytesOf(pending: PendingBytes, count: number): Promise<Buffer> {
  if (!(await pending.want(count))) throw new TruncatedError();
  const { buffer, byteOffset } = pending.bytes;
  return Buffer.from(buffer, byteOffset, count);
}

async function skipFrame(pending: PendingBytes): Promise<void> {
  let left = 8 + (await bytesOf(pending, 8)).readUInt32LE(4);
  while (left > 0) {
    if (!(await pending.want(1))) throw new TruncatedError();
    const here = Math.min(left, pending.bytes.length);
    pending.skip(here);
    left -= here;
  }
}

async function* decodeFrame(pending: PendingBytes, Decoder: typeof Decompress): AsyncGenerator<Uint8Array> {
  const { header, contentBytes, hasChecksum } = await readHeader(pending);
  const decoded: Uint8Array[] = [];
  const decoder = new Decoder((part) => decoded.push(part));
  decoder.push(header);
  const hash = new Xxh64();
  let bytes = 0;
  for (let last = false; !last; ) {
    const block = await readBlock(pending);
    last = (block[0]! & 1) === 1;
    decoder.push(block, last);
    for (const part of decoded.splice(0)) {
      if (part.length > MOST_BLOCK) throw new Error('a block is too long');
      bytes += part.length;
      if (hasChecksum) hash.update(part);
      yield part;
    }
  }
  if (contentBytes !== undefined && contentBytes !== bytes) throw new Error('its length is wrong');
  if (!hasChecksum) return;
  if ((await bytesOf(pending, 4)).readUInt32LE(0) !== hash.low32()) throw new Error('its checksum is wrong');
  pending.skip(4);
}

interface Header {
  header: Uint8Array;
  contentBytes: number | undefined;
  hasChecksum: boolean;
}

async function readHeader(pending: PendingBytes): Promise<Header> {
  const descriptor = (await bytesOf(pending, 5))[4]!;
  if ((descriptor & 8) !== 0) throw new Error('its header makes no sense');
  const single = (descriptor & 32) !== 0;
  const sizeBytes = descriptor >> 6 === 0 ? (single ? 1 : 0) : 1 << (descriptor >> 6);
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeAt = 5 + (single ? 0 : 1) + dictionaryBytes;
  const header = Buffer.from(await bytesOf(pending, sizeAt + sizeBytes));
  pending.skip(header.length);
  if (header.subarray(sizeAt - dictionaryBytes, sizeAt).some((byte) => byte !== 0))
    throw new Error('it needs a dictionary, which is not supported; decompress it by hand');
  const contentBytes = contentSize(header, sizeAt, sizeBytes);
  const window = single ? contentBytes! : windowSize(header[5]!);
  if (window > MOST_WINDOW)
    throw new Error(
      `it needs a window of ${Math.ceil(window / MIB)} MiB, and at most ${MOST_WINDOW / MIB} are supported; decompress it by hand`,
    );
  // The library skips the checksum, which is checked here: let it expect none.
  header[4] = descriptor & ~4;
  return { header, contentBytes, hasChecksum: (descriptor & 4) !== 0 };
}

function contentSize(header: Buffer, at: number, bytes: number): number | undefined {
  if (bytes === 0) return undefined;
  if (bytes === 2) return header.readUInt16LE(at) + 256;
  if (bytes === 8) return header.readUInt32LE(at) + header.readUInt32LE(at + 4) * 2 ** 32;
  return header.readUIntLE(at, bytes);
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** The next block, with its header. */
async function readBlock(pending: PendingBytes): Promise<Uint8Array> {
  const head = (await bytesOf(pending, 3)).readUIntLE(0, 3);
  const [type, size] = [(head >> 1) & 3, head >> 3];
  if (type === 3 || size > MOST_BLOCK) throw new Error('a block begins wrongly');
  const block = Buffer.from(await bytesOf(pending, 3 + (type === 1 ? 1 : size)));
  pending.skip(block.length);
  return block;
}
