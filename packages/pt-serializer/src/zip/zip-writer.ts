import { ByteBuffer } from '../io/byte-buffer.js';
import { combineCrc32, crc32 } from '../io/checksum.js';
import type { Sink } from '../io/sink.js';
import { outOfRange } from '../refusals.js';

interface Entry {
  name: Uint8Array;
  offset: number;
  size: number;
  crc: number;
}

const U32_MAX = 0xffffffff;
/** Bit 11: names are UTF-8; bit 3: sizes and CRC follow the data. As in PyTorch. */
const FLAGS = 0x0808;
/** Every member's data is aligned to this in the file, for memory mapping. */
const ALIGNMENT = 64;
/** Smaller pieces are gathered with their neighbours. */
const SMALL = 4096;
/** Bytes of one write to the sink. */
const PART = 1 << 23;

/**
 * Writes a zip of stored members like PyTorch: aligned data followed by its sizes, zip64 if a size or an
 * offset needs it. Gathers small pieces and passes data on without a copy.
 */
export class ZipWriter {
  readonly #sink: Sink;
  readonly #entries: Entry[] = [];
  #pending = new ByteBuffer();
  #offset = 0;
  /** CRC-32 of all bytes passed to the sink. */
  #sum = 0;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /**
   * Adds a member.
   *
   * @param size its size in bytes; the pieces must add up to it.
   * @throws RangeError if they do not.
   */
  async add(
    path: string,
    size: number,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const name = Buffer.from(path);
    const offset = this.#offset;
    this.#localHeader(name, offset, size);
    let crc = 0;
    let written = 0;
    for await (const piece of pieces) {
      written += piece.byteLength;
      if (written > size) break;
      // Compute a part's checksum while the sink writes it.
      for (let at = 0; at < piece.byteLength; at += PART) {
        const part = piece.subarray(at, at + PART);
        const writing = this.#data(part);
        const own = crc32(part);
        crc = combineCrc32(crc, own, part.byteLength);
        await writing;
        if (part.byteLength >= SMALL) this.#sum = combineCrc32(this.#sum, own, part.byteLength);
      }
    }
    if (written !== size) {
      throw outOfRange(
        'writePt',
        'value',
        `${path}: ${size} bytes were announced, but the pieces have ${written > size ? 'more' : written}`,
      );
    }
    if (size > 0) this.#descriptor(crc, size, needsZip64(size, offset));
    this.#entries.push({ name, offset, size, crc });
  }

  /** Writes the central directory; nothing can be added afterwards. Returns facts about the whole file. */
  async finish(): Promise<{ bytes: number; crc32: number }> {
    const start = this.#offset;
    for (const entry of this.#entries) this.#centralHeader(entry);
    const size = this.#offset - start;
    this.#end(start, size);
    await this.#flush();
    return { bytes: this.#offset, crc32: this.#sum };
  }

  #localHeader(name: Uint8Array, offset: number, size: number): void {
    const zip64 = new ByteBuffer();
    if (size >= U32_MAX) {
      zip64.u16(0x0001);
      zip64.u16(16);
      zip64.u64(size);
      zip64.u64(size);
    } else if (offset >= U32_MAX) {
      // PyTorch writes a small member's own offset here.
      zip64.u16(0x0001);
      zip64.u16(8);
      zip64.u64(offset);
    }
    const unpadded = offset + 30 + name.length + zip64.length + 4;
    const padding = (ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT;
    this.#write((out) => {
      out.u32(0x04034b50);
      out.u16(0);
      out.u16(FLAGS);
      for (let i = 0; i < 3; i++) out.u16(0);
      for (let i = 0; i < 3; i++) out.u32(0);
      out.u16(name.length);
      out.u16(zip64.length + 4 + padding);
      out.raw(name);
      out.raw(zip64.view());
      out.u16(0x4246);
      out.u16(padding);
      out.raw(Buffer.alloc(padding, 'Z'));
    });
  }

  #descriptor(crc: number, size: number, zip64: boolean): void {
    this.#write((out) => {
      out.u32(0x08074b50);
      out.u32(crc);
      for (let i = 0; i < 2; i++) {
        if (zip64) out.u64(size);
        else out.u32(size);
      }
    });
  }

  #centralHeader({ name, offset, size, crc }: Entry): void {
    const large = [...(size >= U32_MAX ? [size, size] : []), ...(offset >= U32_MAX ? [offset] : [])];
    this.#write((out) => {
      out.u32(0x02014b50);
      out.u16(0);
      out.u16(0);
      out.u16(FLAGS);
      for (let i = 0; i < 3; i++) out.u16(0);
      out.u32(crc);
      for (let i = 0; i < 2; i++) out.u32(Math.min(size, U32_MAX));
      out.u16(name.length);
      out.u16(large.length > 0 ? 4 + 8 * large.length : 0);
      for (let i = 0; i < 3; i++) out.u16(0);
      out.u32(0);
      out.u32(Math.min(offset, U32_MAX));
      out.raw(name);
      if (large.length === 0) return;
      out.u16(0x0001);
      out.u16(8 * large.length);
      for (const value of large) out.u64(value);
    });
  }

  #end(start: number, size: number): void {
    const count = this.#entries.length;
    const end = start + size;
    this.#write((out) => {
      if (start >= U32_MAX || size >= U32_MAX || count >= 0xffff) {
        out.u32(0x06064b50);
        out.u64(44);
        out.u16(45);
        out.u16(45);
        out.u32(0);
        out.u32(0);
        for (const value of [count, count, size, start]) out.u64(value);
        out.u32(0x07064b50);
        out.u32(0);
        out.u64(end);
        out.u32(1);
      }
      out.u32(0x06054b50);
      out.u16(0);
      out.u16(0);
      for (let i = 0; i < 2; i++) out.u16(Math.min(count, 0xffff));
      out.u32(Math.min(size, U32_MAX));
      out.u32(Math.min(start, U32_MAX));
      out.u16(0);
    });
  }

  #write(fill: (out: ByteBuffer) => void): void {
    const before = this.#pending.length;
    fill(this.#pending);
    this.#offset += this.#pending.length - before;
  }

  async #data(piece: Uint8Array): Promise<void> {
    if (piece.byteLength < SMALL) {
      this.#write((out) => out.raw(piece));
      if (this.#pending.length >= 65_536) await this.#flush();
      return;
    }
    // Awaited only if needed; the write begins before this returns.
    if (this.#pending.length > 0) await this.#flush();
    await this.#sink.write(piece);
    this.#offset += piece.byteLength;
  }

  async #flush(): Promise<void> {
    if (this.#pending.length === 0) return;
    const bytes = this.#pending.view();
    this.#pending = new ByteBuffer();
    this.#sum = crc32(bytes, this.#sum);
    await this.#sink.write(bytes);
  }
}

function needsZip64(size: number, offset: number): boolean {
  return size >= U32_MAX || offset >= U32_MAX;
}
