import type { Sink } from '@holdfast/pt-serializer';
import { padded, UNDEFINED, u8, u16, u32, u64 } from './parts.js';

/** Names in a leaf of a group's tree, and children of a node; half of both stand in the file's first bytes. */
export const LEAF = 64;
export const FANOUT = 128;
/** Bytes before the first object. */
const SUPERBLOCK = 96;

/** Where a file is written to, from its beginning to its end. */
export interface Out {
  /** Offset of what is written next: a multiple of eight. */
  readonly position: number;
  /** Whether only sizes are wanted, so that `skip` does for large pieces. */
  readonly measures: boolean;
  /** Appends bytes, and zeros up to a multiple of eight. */
  write(bytes: Uint8Array): Promise<void>;
  /** Appends numbers that come in parts. */
  stream(bytes: number, parts: () => AsyncIterable<Uint8Array>): Promise<void>;
}

/**
 * Writes an HDF5 file to a sink that cannot go back. The first bytes of the file hold its length and where its root is, so the content
 * is laid out twice: once to measure it, without the large pieces, and once to write it.
 *
 * @param content writes everything but the first bytes. @returns the address of the root's header.
 */
export async function writeHdf5(sink: Sink, content: (out: Out) => Promise<number>): Promise<void> {
  const measured = new Position(null);
  const root = await content(measured);
  await sink.write(superblock(root, measured.position));
  const written = new Position(sink);
  if ((await content(written)) !== root || written.position !== measured.position)
    throw new Error('the result changed while it was exported; rerun the same command');
}

class Position implements Out {
  position = SUPERBLOCK;
  readonly measures: boolean;
  readonly #sink: Sink | null;

  constructor(sink: Sink | null) {
    this.#sink = sink;
    this.measures = sink === null;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const whole = bytes.length % 8 === 0 ? bytes : padded(bytes);
    await this.#sink?.write(whole);
    this.position += whole.length;
  }

  async stream(bytes: number, parts: () => AsyncIterable<Uint8Array>): Promise<void> {
    const end = this.position + bytes;
    if (this.#sink !== null)
      for await (const part of parts()) {
        await this.#sink.write(part);
        this.position += part.length;
      }
    else this.position = end;
    if (this.position !== end)
      throw new Error('the result changed while it was exported; rerun the same command');
    const rest = (8 - (bytes % 8)) % 8;
    if (rest > 0) await this.#sink?.write(Buffer.alloc(rest));
    this.position += rest;
  }
}

/** Version 0, which every HDF5 reads. */
function superblock(root: number, end: number): Buffer {
  return Buffer.concat([
    Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'),
    u8(0, 0, 0, 0, 0, 8, 8, 0),
    u16(LEAF / 2, FANOUT / 2),
    u32(0),
    u64(0, UNDEFINED, end, UNDEFINED),
    u64(0, root),
    u32(0, 0),
    u64(0, 0),
  ]);
}
