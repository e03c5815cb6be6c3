import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkOptions, words } from '@holdfast/options';

/** Counts the kernel's out-of-memory kills, to distinguish its SIGKILLs from others. */
export interface OomKiller {
  /**
   * Processes killed so far. Only the growth between two calls is meaningful, such as between a worker's
   * start and its end. Null if the system does not count. Never throws; reads a small file synchronously.
   */
  kills(): number | null;
}

/**
 * The count that this machine's kernel keeps (Linux 4.13 and later; Documentation/admin-guide/cgroup-v2.rst,
 * `oom_kill` of `memory.events`). Prefers this process's own control group, which holds its workers and no
 * strangers; if that cannot be read, the whole machine. Killers outside the kernel, such as systemd-oomd and
 * earlyoom, are not counted.
 *
 * @param root the folder that contains `proc` and `sys`; not `/` in tests.
 */
export function kernelOomKiller(root = '/'): OomKiller {
  checkOptions('kernelOomKiller', root, words, 'root');
  const counter = [...counters(root)].find((path) => read(path) !== null);
  let last: number | null = null;
  return {
    kills() {
      // A read may fail once, such as for lack of descriptors; the count has not restarted.
      if (counter !== undefined) last = read(counter) ?? last;
      return last;
    },
  };
}

/** Files that may hold a count, closest to this process first. */
function* counters(root: string): Generator<string> {
  const groups = ownGroups(readText(join(root, 'proc/self/cgroup')) ?? '');
  const mounted = join(root, 'sys/fs/cgroup');
  for (const mount of [mounted, join(mounted, 'unified')])
    yield* upwards(mount, groups.unified, 'memory.events');
  yield* upwards(join(mounted, 'memory'), groups.memory, 'memory.oom_control');
  yield join(root, 'proc/vmstat');
}

/**
 * A file of a group, then of its parents. In a container a group's own path may be missing; the mount is the
 * group.
 */
function* upwards(mount: string, group: string | null, file: string): Generator<string> {
  if (group === null) return;
  for (let path = group; path !== '/'; path = dirname(path)) yield join(mount, path, file);
  yield join(mount, file);
}

/**
 * A process's groups by the lines `number:controllers:path` of `/proc/<pid>/cgroup`; null if none is visible.
 */
function ownGroups(text: string): { unified: string | null; memory: string | null } {
  const groups: ReturnType<typeof ownGroups> = { unified: null, memory: null };
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    // A path above the namespace's root is not below the mount, which holds other groups.
    if (controllers === undefined || path === undefined || path.split('/').includes('..')) continue;
    if (controllers === '') groups.unified = path;
    else if (controllers.split(',').includes('memory')) groups.memory = path;
  }
  return groups;
}

/** The line `oom_kill N`, which all of these files share; null if there is none. */
function read(path: string): number | null {
  const count = /^oom_kill (\d+)$/m.exec(readText(path) ?? '')?.[1];
  return count === undefined ? null : Number(count);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null;
  }
}
