import { systemErrorCode } from './system-error.js';

/** Facts about a system error, for exit code and message. */
export interface SystemTrouble {
  /** Its name, such as `ESTALE`. */
  code: string;
  /**
   * Whether the same command may work later, once the cause is gone: the disk answers, there is room, a limit
   * is raised. Otherwise the command or a file's permissions must be changed first.
   */
  passing: boolean;
  /** The cause in words. */
  cause: string;
  /** What to do before rerunning, for a file that is read and for one that is written. */
  remedy: Readonly<Record<Use, string>>;
}

/** The use of a file. */
export type Use = 'read' | 'write';

type Entry = readonly [passing: boolean, cause: string, remedy: string, toWrite?: string];

const SERVER = 'check the network mount';
const DISK = 'check the disk';
const REPAIR = 'have the file system checked (fsck, xfs_repair)';
const UNREACHED = 'the file server cannot be reached';
const READABLE = 'let this user read it (chmod, chown)';
const WRITABLE = 'let this user write there (chmod, chown)';
const NO_SUCH_CALL = 'the file system cannot do this';

/** By error name: whether it may pass, the cause, and the remedy. */
const TROUBLES: Readonly<Record<string, Entry>> = {
  // The disk or the file server does not answer, or misbehaves.
  EIO: [true, 'input/output error', `${DISK} or the network mount`],
  ESTALE: [true, 'the file server lost track of the file', SERVER],
  EREMOTEIO: [true, 'input/output error on the file server', SERVER],
  ETIMEDOUT: [true, 'the file server does not answer', SERVER],
  EHOSTDOWN: [true, UNREACHED, SERVER],
  EHOSTUNREACH: [true, UNREACHED, SERVER],
  ENETDOWN: [true, 'the network is down', SERVER],
  ENETUNREACH: [true, UNREACHED, SERVER],
  ENETRESET: [true, UNREACHED, SERVER],
  ECONNREFUSED: [true, UNREACHED, SERVER],
  ECONNRESET: [true, UNREACHED, SERVER],
  ECONNABORTED: [true, UNREACHED, SERVER],
  ENOTCONN: [true, 'the mount is not connected', SERVER],
  ESHUTDOWN: [true, 'the mount is shut down', SERVER],
  ECOMM: [true, UNREACHED, SERVER],
  ENOLINK: [true, UNREACHED, SERVER],
  EJUKEBOX: [true, 'the file server is busy', SERVER],
  EBADHANDLE: [true, 'the file server lost track of the file', SERVER],
  ESERVERFAULT: [true, 'the file server failed', SERVER],
  EKEYEXPIRED: [true, 'the ticket for this mount has expired', 'renew it (kinit)'],
  ENOKEY: [true, 'the key of this folder is not loaded', 'unlock the folder'],
  EKEYREVOKED: [true, 'the key of this folder was revoked', 'unlock the folder'],
  ENOMEDIUM: [true, 'the disk is missing', DISK],
  EUCLEAN: [true, 'the file system is damaged', REPAIR],
  EBADMSG: [true, 'the file system found a wrong checksum', REPAIR],
  EHWPOISON: [true, 'memory is faulty', 'use another machine'],
  // No room.
  ENOSPC: [true, 'no space left on the device', 'make room there'],
  EDQUOT: [true, 'the disk quota is used up', 'make room within the quota, or have it raised'],
  // Limits and temporary shortages.
  EFBIG: [true, 'a file would grow past a limit', 'raise the file size limit (ulimit -f)'],
  EMFILE: [true, 'this process has too many files open', 'raise the limit on open files (ulimit -n)'],
  ENFILE: [
    true,
    'the system has too many files open',
    'stop other programs, or have fs.file-max raised (sysctl)',
  ],
  ENOMEM: [true, 'out of memory', 'free memory, or raise its limit (ulimit -v)'],
  ENOBUFS: [true, 'out of memory for buffers', 'free memory'],
  EAGAIN: [
    true,
    'a resource is temporarily exhausted',
    'stop other programs, or raise the limits (ulimit -a)',
  ],
  ENOLCK: [true, 'no locks are available', 'check the lock service of the mount (lockd)'],
  EBUSY: [true, 'it is in use', 'wait until it is free'],
  ETXTBSY: [true, 'it is being executed', 'wait until it is free'],
  EINTR: [true, 'the call was interrupted', 'wait a moment'],
  EDEADLK: [true, 'a deadlock was avoided', 'wait a moment'],
  // Someone else changed it at the same moment.
  ENOTEMPTY: [true, 'files were added to a folder while it was being removed', 'check what writes there'],
  // The command or the permissions must be changed.
  EACCES: [false, 'permission denied', READABLE, WRITABLE],
  EPERM: [false, 'not permitted', READABLE, WRITABLE],
  EROFS: [false, 'the file system is read-only', 'mount it writable'],
  ENOENT: [false, 'no such file or folder', 'check the path'],
  EEXIST: [false, 'the name is already in use', 'move that file away'],
  ENOTDIR: [false, 'a part of the path is not a folder', 'check the path'],
  EISDIR: [false, 'it is a folder, where a file belongs', 'check the path, or move the folder away'],
  ENAMETOOLONG: [false, 'the name is too long', 'use a shorter path'],
  ELOOP: [false, 'symbolic links form a loop', 'remove the loop'],
  EINVAL: [false, NO_SUCH_CALL, 'use a local disk'],
  ENOSYS: [false, NO_SUCH_CALL, 'use a local disk'],
  ENOTSUP: [false, NO_SUCH_CALL, 'use a local disk'],
  EOPNOTSUPP: [false, NO_SUCH_CALL, 'use a local disk'],
  ENOTSUPP: [false, NO_SUCH_CALL, 'use a local disk'],
  ENXIO: [false, 'there is no device behind this name', 'check the path'],
  ENODEV: [false, 'there is no device behind this name', 'check the path'],
};

/** The consequence if a file system cannot sync folders; used by doctor and embed. */
export const NO_FOLDER_SYNC =
  'the file system cannot sync folders (fsync: EINVAL): a run works, but a power cut may undo the last checkpoints, which are then recomputed';

/** Facts about a system error; null for any other. One missing from the table counts as passing. */
export function systemTrouble(error: unknown): SystemTrouble | null {
  const code = systemErrorCode(error);
  if (code === null) return null;
  if ((error as NodeJS.ErrnoException).syscall === 'uv_cwd') return noWorkingDirectory(code);
  const [passing, cause, remedy, toWrite = remedy] = TROUBLES[code] ?? [true, 'a system error', DISK];
  return { code, passing, cause, remedy: { read: remedy, write: toWrite } };
}

function noWorkingDirectory(code: string): SystemTrouble {
  const remedy = 'cd to a folder that exists';
  const cause = 'the working directory was removed';
  return { code, passing: false, cause, remedy: { read: remedy, write: remedy } };
}

/** The system error behind an error: itself, its cause, or the first of several. */
export function systemErrorIn(error: unknown): unknown {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; depth++) {
    if (systemErrorCode(at) !== null) return at;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

/** The known system error that a text names, such as a worker's last output; null if there is none. */
export function troubleIn(text: string): SystemTrouble | null {
  for (const [, code] of text.matchAll(/\b(E[A-Z0-9]+): /g))
    if (code !== undefined && TROUBLES[code] !== undefined && code !== 'ENOENT')
      return systemTrouble({ code });
  return null;
}

/** `ESTALE: the file server lost track of the file`. */
export const inWords = ({ code, cause }: SystemTrouble): string => `${code}: ${cause}`;
