import { readdirSync, readFileSync } from 'node:fs';

/** Limits of this process that a shell's `ulimit` sets; Infinity if there is none, or it is unknown. */
export interface Limits {
  /** Open files. */
  files: number;
  /** Processes and threads of this user. */
  processes: number;
  /** Bytes of address space. */
  addressSpace: number;
}

/** Loading the command opens about a hundred files together; each worker has pipes. */
const FILES = 256;
const PER_WORKER = 8;
/** Threads of the command and of a worker with its threads. */
const THREADS = 32;
/** A process that has loaded ONNX Runtime reserves this much, without any model. */
const ADDRESS_SPACE = 2 * 1024 ** 3;

/** @param proc replaced by tests: the text of proc_pid_limits(5). */
export function limitsIn(proc: string): Limits {
  const soft = (name: string) => {
    const value = new RegExp(`^${name} +(\\S+)`, 'm').exec(proc)?.[1];
    return value === undefined || value === 'unlimited' ? Number.POSITIVE_INFINITY : Number(value);
  };
  return {
    files: soft('Max open files'),
    processes: soft('Max processes'),
    addressSpace: soft('Max address space'),
  };
}

/** The limits of this process. */
export function limits(): Limits {
  try {
    return limitsIn(readFileSync('/proc/self/limits', 'utf8'));
  } catch {
    return limitsIn('');
  }
}

/** The limit to suggest: enough, and clearly more than the one that was too low. */
function atLeast(needed: number, limit: number): number {
  return Math.max(needed, Number.isFinite(limit) ? 2 * limit : 0);
}

/** The remedy for too many open files. */
export function filesWanted(workers = 0, { files } = limits()): string {
  return `raise the limit on open files: ulimit -n ${atLeast(FILES + PER_WORKER * workers, files)} or more`;
}

/** The remedy for too many processes or threads. */
export function processesWanted(workers = 1, { processes } = limits(), running = threadsOfUser()): string {
  const needed = running + THREADS * (workers + 1);
  return `raise the limit on processes: ulimit -u ${atLeast(needed, processes)} or more (in a container, raise its limit on pids)`;
}

/** The remedy for too little address space. @param model bytes of the model. */
export function addressSpaceWanted(model = 0, { addressSpace } = limits()): string {
  const bytes = atLeast(ADDRESS_SPACE + 3 * model, addressSpace);
  return `raise the limit on address space: ulimit -v ${Math.ceil(bytes / 1024)} or more`;
}

/** Error texts of a process that cannot create a thread or process, open a file, or get address space. */
const NO_PROCESS = /uv_thread_create|pthread_create|spawn \S+ EAGAIN|resource temporarily unavailable/i;
const NO_FILES = /\bEMFILE\b|too many open files/i;
const NO_ADDRESSES =
  /failed to map segment|cannot allocate memory|failed to reserve virtual memory|memory allocation of \d+ bytes failed|bad_alloc|out of memory|\bENOMEM\b/i;

/**
 * The remedy for a limit that a process hit, by its error text; null if it shows none. Lack of memory is blamed on the limit on
 * address space only if there is one.
 */
export function limitRemedy(
  errorText: string,
  { workers = 1, model = 0 } = {},
  now: Limits = limits(),
): string | null {
  if (NO_FILES.test(errorText)) return filesWanted(workers, now);
  if (NO_PROCESS.test(errorText)) return processesWanted(workers, now);
  if (NO_ADDRESSES.test(errorText) && Number.isFinite(now.addressSpace))
    return addressSpaceWanted(model, now);
  return null;
}

/** Threads that this user has now, as the limit on processes counts them. */
function threadsOfUser(): number {
  const uid = process.getuid?.();
  let threads = 0;
  try {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        if (Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid)
          threads += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 0);
      } catch {
        // It exited.
      }
    }
  } catch {
    // No /proc: other processes are unknown.
  }
  return threads;
}
