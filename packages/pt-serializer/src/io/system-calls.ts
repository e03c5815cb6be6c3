import { type FileHandle, statfs } from 'node:fs/promises';

/** Calls of the C library that Node does not provide. */
interface SystemCalls {
  fallocate(fd: number, mode: number, offset: number, bytes: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  madvise(memory: Uint8Array, bytes: number, advice: number): number;
  /** The address of the first byte. */
  address(memory: Uint8Array): bigint;
}

/**
 * Size from which these calls pay for their one-time lookup of about 7 ms. Memory of this size has a mapping
 * of its own (M_MMAP_THRESHOLD of the C library), so its advice ends with it.
 */
export const LARGE = 1 << 25;

/** fallocate: keep the file's length. */
const FALLOC_FL_KEEP_SIZE = 1;
const SEEK_CUR = 1;
const MADV_HUGEPAGE = 14;
const EXT4_SUPER_MAGIC = 0xef53;
/** Largest ordinary page size on Linux. */
const PAGE = 65_536;

let found: Promise<SystemCalls | null> | undefined;

/** Null if unavailable: not on 64-bit Linux, or `koffi` is not installed or not allowed to load. */
async function find(): Promise<SystemCalls | null> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null;
  try {
    const koffi = await import('koffi');
    const c = koffi.load(null);
    return {
      fallocate: c.func('int fallocate(int fd, int mode, int64_t offset, int64_t bytes)'),
      lseek: c.func('int64_t lseek(int fd, int64_t offset, int whence)'),
      madvise: c.func('int madvise(void *memory, size_t bytes, int advice)'),
      address: koffi.address,
    };
  } catch {
    return null;
  }
}

/** The result of calls that may fail; null if they do, and the caller continues without them. */
async function hint<T>(ask: (calls: SystemCalls) => T | Promise<T>): Promise<T | null> {
  found ??= find();
  const calls = await found;
  try {
    return calls && (await ask(calls));
  } catch {
    // The write or the read reports the error.
    return null;
  }
}

/**
 * Reserves space for bytes that are about to be appended; on ext4 one call is faster than block by block. A
 * hint: the file's length and content do not change.
 *
 * @returns whether space was reserved, which must be released unless it is filled.
 */
export async function reserve(file: FileHandle, bytes: number): Promise<boolean> {
  if (bytes < LARGE) return false;
  const asked = await hint(async ({ lseek, fallocate }) => {
    const disk = await statfs(`/proc/self/fd/${file.fd}`);
    const { size } = await file.stat();
    // If space is short, do not take it from concurrent writers before it is needed.
    if (disk.type !== EXT4_SUPER_MAGIC || disk.bavail * disk.bsize < 4 * bytes) return false;
    // Unless the position is the end of the file, blocks past the data would stay reserved.
    if (lseek(file.fd, 0, SEEK_CUR) !== size) return false;
    fallocate(file.fd, FALLOC_FL_KEEP_SIZE, size, bytes);
    // Also if it failed: it keeps what it got.
    return true;
  });
  return asked === true;
}

/** Frees reserved space past the end of a file, after a failed write. */
export async function release(file: FileHandle): Promise<void> {
  await hint(async ({ lseek }) => {
    const { size } = await file.stat();
    // If the position is not the end of the file, others have written too, and truncation could drop their
    // bytes.
    if (lseek(file.fd, 0, SEEK_CUR) === size) await file.truncate(size);
  });
}

/**
 * Asks for pages of 2 MiB for untouched memory, because a large read spends most of its time on the first
 * touch of 4 KiB pages. A hint.
 */
export async function useHugePages(memory: Uint8Array): Promise<void> {
  if (memory.byteLength < LARGE) return;
  await hint(({ address, madvise }) => {
    const before = Number(-address(memory) & BigInt(PAGE - 1));
    const whole = memory.subarray(before, before + Math.floor((memory.byteLength - before) / PAGE) * PAGE);
    madvise(whole, whole.byteLength, MADV_HUGEPAGE);
  });
}
