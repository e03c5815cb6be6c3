import { crc32 } from 'node:zlib';
import { TruncatedError } from './bad-compression.js';
import { unlzma2 } from './lzma2.js';
import { PendingBytes } from './pending-bytes.js';
import { blockHeader, numberAt } from './xz-block.js';
import { xzCheck } from './xz-check.js';

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const FOOTER_MAGIC = Buffer.from('YZ');
const HEADER_BYTES = 12;

/** Lengths of a block, as the index of its stream repeats them. */
interface Block {
  /** Without padding. */
  bytes: number;
  content: number;
}

/**
 * Decompresses xz of any number of streams, chunk by chunk: takes little more than its dictionary, of at most
 * 128 MiB, and checks every checksum and length.
 *
 * @throws TruncatedError; Error that says how the data is damaged, or what is not supported.
 */
export async function* unxz(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pending = new PendingBytes(chunks);
  for (let first = true; await pending.want(1); first = false) {
    // Zeros may follow a stream, four by four.
    if (!first && pending.bytes[0] === 0) {
      if ((await bytesOf(pending, 4)).readUInt32LE(0) !== 0) throw new Error('other data follows it');
      pending.skip(4);
    } else yield* decodeStream(pending);
  }
}

async function bytesOf(pending: PendingBytes, count: number): Promise<Buffer> {
  if (!(await pending.want(count))) throw new TruncatedError();
  const { buffer, byteOffset } = pending.bytes;
  return Buffer.from(buffer, byteOffset, count);
}

async function* decodeStream(pending: PendingBytes): AsyncGenerator<Uint8Array> {
  const header = Buffer.from(await bytesOf(pending, HEADER_BYTES));
  if (!header.subarray(0, 6).equals(MAGIC)) throw new Error('other data follows it');
  const flags = header.subarray(6, 8);
  if (crc32(flags) !== header.readUInt32LE(8)) throw new Error('its header is wrong');
  if (flags[0] !== 0 || flags[1]! > 15) throw new Error('its header makes no sense');
  pending.skip(HEADER_BYTES);
  const blocks = new BlockList();
  while ((await bytesOf(pending, 1))[0] !== 0) {
    const block = { bytes: 0, content: 0 };
    yield* decodeBlock(pending, flags[1]!, block);
    blocks.add(block);
  }
  const indexBytes = await readIndex(pending, blocks);
  const footer = await bytesOf(pending, HEADER_BYTES);
  const right =
    crc32(footer.subarray(4, 10)) === footer.readUInt32LE(0) &&
    4 * (footer.readUInt32LE(4) + 1) === indexBytes &&
    footer.subarray(8, 10).equals(flags) &&
    footer.subarray(10).equals(FOOTER_MAGIC);
  if (!right) throw new Error('its end is wrong');
  pending.skip(HEADER_BYTES);
}

/** The lengths of blocks, in flat memory: as a running hash. */
class BlockList {
  count = 0;
  #hash = 0;

  add({ bytes, content }: Block): void {
    this.count++;
    this.#hash = crc32(`${bytes} ${content};`, this.#hash);
  }

  equals(other: BlockList): boolean {
    return this.count === other.count && this.#hash === other.#hash;
  }
}

async function* decodeBlock(pending: PendingBytes, kind: number, block: Block): AsyncGenerator<Uint8Array> {
  const check = xzCheck(kind);
  const [units = 0] = await bytesOf(pending, 1);
  const headerBytes = 4 * (units + 1);
  const { dictionary, ...due } = blockHeader(await bytesOf(pending, headerBytes));
  pending.skip(headerBytes);
  let compressed = 0;
  for await (const part of unlzma2(pending, dictionary, (count) => (compressed += count))) {
    block.content += part.length;
    check?.update(part);
    yield part;
  }
  if ((due.compressed ?? compressed) !== compressed || (due.content ?? block.content) !== block.content)
    throw new Error('a length is wrong');
  const padding = (4 - (compressed % 4)) % 4;
  const tail = await bytesOf(pending, padding + (check?.bytes ?? 0));
  if (tail.subarray(0, padding).some((byte) => byte !== 0)) throw new Error('its padding is wrong');
  if (check && Buffer.compare(tail.subarray(padding), check.digest()) !== 0)
    throw new Error('a checksum is wrong');
  pending.skip(tail.length);
  block.bytes = headerBytes + compressed + (check?.bytes ?? 0);
}

/** Checks the index of a stream. @returns its length in bytes. */
async function readIndex(pending: PendingBytes, blocks: BlockList): Promise<number> {
  let crc = 0;
  let bytes = 0;
  const use = (count: number, of: Buffer) => {
    crc = crc32(of.subarray(0, count), crc);
    bytes += count;
    pending.skip(count);
  };
  const number = async () => {
    // A number has up to nine bytes, and at least as many follow it.
    const { value, end } = numberAt(await bytesOf(pending, 9), 0);
    use(end, await bytesOf(pending, end));
    return value;
  };
  use(1, await bytesOf(pending, 1));
  const count = await number();
  const listed = new BlockList();
  if (count !== blocks.count) throw new Error('its index is wrong');
  for (let i = 0; i < count; i++) listed.add({ bytes: await number(), content: await number() });
  const padding = (4 - (bytes % 4)) % 4;
  const zeros = await bytesOf(pending, padding);
  if (zeros.some((byte) => byte !== 0) || !listed.equals(blocks)) throw new Error('its index is wrong');
  use(padding, zeros);
  if ((await bytesOf(pending, 4)).readUInt32LE(0) !== crc) throw new Error('its index is wrong');
  pending.skip(4);
  return bytes + 4;
}
