import { type FileHandle, open } from 'node:fs/promises';

/** Section of the names that the loader resolves; its `link` is the section of their text (ELF-64, `elf.h`). */
const DYNAMIC_SYMBOLS = 11;
const SECTION_BYTES = 64;
/** More text than any library's. */
const MOST_TEXT = 1 << 26;

/**
 * The major version of CUDA that a library is linked with, read from its ELF headers without loading it.
 *
 * @returns null where it is no such library, or cannot be read.
 */
export async function linkedCuda(path: string): Promise<number | null> {
  try {
    await using file = await open(path);
    const names = await dynamicNames(file);
    const [, major] = /libcudart\.so\.(\d+)/.exec(names) ?? [];
    return major === undefined ? null : Number(major);
  } catch {
    return null;
  }
}

async function dynamicNames(file: FileHandle): Promise<string> {
  const head = await bytesAt(file, 0, SECTION_BYTES);
  if (head.toString('latin1', 0, 4) !== '\x7fELF') return '';
  const [count, size] = [head.readUInt16LE(0x3c), head.readUInt16LE(0x3a)];
  if (size !== SECTION_BYTES) return '';
  const sections = await bytesAt(file, Number(head.readBigUInt64LE(0x28)), count * size);
  const at = (index: number) => sections.subarray(index * size, (index + 1) * size);
  const indices = [...Array(count).keys()];
  const symbols = indices.find((index) => at(index).readUInt32LE(4) === DYNAMIC_SYMBOLS);
  if (symbols === undefined) return '';
  const text = at(at(symbols).readUInt32LE(40));
  const [offset, length] = [Number(text.readBigUInt64LE(24)), Number(text.readBigUInt64LE(32))];
  return (await bytesAt(file, offset, Math.min(length, MOST_TEXT))).toString('latin1');
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer;
}
