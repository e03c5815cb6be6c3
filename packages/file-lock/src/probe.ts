import { closeSync, openSync, statSync } from 'node:fs';
import { systemErrorCode } from '@holdfast/durable';
import { checkOptions, required, words } from '@holdfast/options';
import { readNote } from './lock-note.js';

/** Whether a lock is held; `unknown` where the kernel cannot be asked. */
export type LockState = 'held' | 'free' | 'missing' | 'unknown';

/** What is known of a lock without taking it. */
export interface LockLook {
  state: LockState;
  /** The name that its last exclusive holder wrote into the file, such as `process 12 on node3`; null if there is none. */
  holder: string | null;
  /** When that was, in milliseconds since 1970; null if the file is missing. */
  since: number | null;
}

/** fcntl of Linux on 64-bit machines: asks who would be in the way of a lock of an open file. */
const F_OFD_GETLK = 36;
/** `struct flock` there: type and whence (i16), start and length (i64), pid (i32). Zeros mean the whole file. */
const FLOCK_BYTES = 32;
const F_WRLCK = 1;
const F_UNLCK = 2;

type Ask = (descriptor: number, command: number, type: 'void *', lock: Buffer) => number;
let found: Promise<Ask | null> | undefined;

/** Null where it cannot be called: not on 64-bit Linux, or `koffi` is not installed or not allowed to load. */
async function find(): Promise<Ask | null> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return null;
  try {
    const koffi = await import('koffi');
    return koffi.load(null).func('int fcntl(int fd, int cmd, ...)') as unknown as Ask;
  } catch {
    return null;
  }
}

const isPath = required(words);

/**
 * Looks at a lock file without taking its lock and without writing: nobody is ever kept waiting by it. On NFS with working
 * locks the server answers for all machines; elsewhere the kernel knows the holders on this machine.
 *
 * @throws what the file system throws, unless the file is missing or may not be read; RangeError or TypeError for another path.
 */
export async function lookAtLock(path: string): Promise<LockLook> {
  checkOptions('lookAtLock', path, isPath, 'path');
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return { state: 'missing', holder: null, since: null };
    if (code !== 'EACCES') throw error;
    return { state: 'unknown', holder: null, since: changed(path) };
  }
  try {
    const state = await stateOf(file);
    return { state, holder: readNote(file).holder, since: changed(path) };
  } finally {
    closeSync(file);
  }
}

async function stateOf(file: number): Promise<LockState> {
  found ??= find();
  const ask = await found;
  if (ask === null) return 'unknown';
  const lock = Buffer.alloc(FLOCK_BYTES);
  // As an exclusive lock: sharers are in its way, too.
  lock.writeInt16LE(F_WRLCK, 0);
  if (ask(file, F_OFD_GETLK, 'void *', lock) !== 0) return 'unknown';
  return lock.readInt16LE(0) === F_UNLCK ? 'free' : 'held';
}

const changed = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? null;
