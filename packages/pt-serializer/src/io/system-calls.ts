import { type FileHandle, statfs } from 'node:fs/promises';

/** Calls of the C library that Node does not offer. */
interface SystemCalls {
  fallocate(fd: number, mode: number, offset: number, bytes: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  madvise(memory: Uint8Array, bytes: number, advice: number): number;
  /** The address of the first byte in memory. */
  address(memory: Uint8Array): bigint;
}

/**
 * Bytes from which on finding these calls, some 7 ms once, is paid back. So large, memory is mapped for itself alone
 * (M_MMAP_THRESHOLD of the C library), and what was asked for it ends with it.
 */
export const LARGE = 1 << 25;

/** fallocate: the length of the file stays. */
const FALLOC_FL_KEEP_SIZE = 1;
const SEEK_CUR = 1;
const MADV_HUGEPAGE = 14;
const EXT4_SUPER_MAGIC = 0xef53;
/** The largest size of ordinary pages on Linux. */
const PAGE = 65_536;

let found: Promise<SystemCalls | null> | undefined;

/** Null where they cannot be made: not on 64-bit Linux, or `koffi`, which makes them, is not installed or not allowed. */
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

/** The result of calls that may fail; null if they do, and the caller goes on without. */
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
 * Asks the file system for room for bytes that are about to be appended, which takes ext4 less time in one call than block by
 * block while they come. A hint: the file's length and content are as before.
 *
 * @returns whether there is room that must be released unless it is filled.
 */
export async function reserve(file: FileHandle, bytes: number): Promise<boolean> {
  if (bytes < LARGE) return false;
  const asked = await hint(async ({ lseek, fallocate }) => {
    const disk = await statfs(`/proc/self/fd/${file.fd}`);
    const { size } = await file.stat();
    // When space runs short, concurrent writers must not reserve space that they do not use yet.
    if (disk.type !== EXT4_SUPER_MAGIC || disk.bavail * disk.bsize < 4 * bytes) return false;
    // Elsewhere than at the end, blocks behind it would stay reserved for nothing.
    if (lseek(file.fd, 0, SEEK_CUR) !== size) return false;
    fallocate(file.fd, FALLOC_FL_KEEP_SIZE, size, bytes);
    // Also where it failed: it then keeps what it got.
    return true;
  });
  return asked === true;
}

/** Frees reserved space past the end of a file, after a failed write. */
export async function release(file: FileHandle): Promise<void> {
  await hint(async ({ lseek }) => {
    const { size } = await file.stat();
    // Elsewhere than at the end, others have written to it too, and a truncation could take from them.
    if (lseek(file.fd, 0, SEEK_CUR) === size) await file.truncate(size);
  });
}

/**
 * Asks for memory that was not touched yet to come in pages of 2 MiB; most of a large read goes to the first touch of
 * pages of 4 KiB. A hint.
 */
export async function useHugePages(memory: Uint8Array): Promise<void> {
  if (memory.byteLength < LARGE) return;
  await hint(({ address, madvise }) => {
    const before = Number(-address(memory) & BigInt(PAGE - 1));
    const whole = memory.subarray(before, before + Math.floor((memory.byteLength - before) / PAGE) * PAGE);
    madvise(whole, whole.byteLength, MADV_HUGEPAGE);
  });
}
