import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkOptions, words } from '@holdfast/options';

/** Tells how often the kernel killed for want of memory, so that a SIGKILL of its is told from others. */
export interface OomKiller {
  /**
   * Processes killed so far. Only a growth between two calls says something, such as between a worker's start and its end.
   * Null where the system does not tell. Never throws; reads a small file at once.
   */
  kills(): number | null;
}

/**
 * The count that the kernel of this machine keeps (Linux 4.13 and later; Documentation/admin-guide/cgroup-v2.rst, `oom_kill`
 * of `memory.events`): that of this process's own control group where it can be read, to which its workers belong, since
 * that counts nobody else's processes; else that of the whole machine. Killers that are no part of the kernel, such as
 * systemd-oomd and earlyoom, are not counted.
 *
 * @param root the folder that has `proc` and `sys`; another than `/` in tests.
 */
export function kernelOomKiller(root = '/'): OomKiller {
  checkOptions('kernelOomKiller', root, words, 'root');
  const counter = [...counters(root)].find((path) => read(path) !== null);
  let last: number | null = null;
  return {
    kills() {
      // One that cannot be read for once, such as for want of descriptors, has not begun anew.
      if (counter !== undefined) last = read(counter) ?? last;
      return last;
    },
  };
}

/** Where a count may be, the nearest to this process first. */
function* counters(root: string): Generator<string> {
  const groups = ownGroups(readText(join(root, 'proc/self/cgroup')) ?? '');
  const mounted = join(root, 'sys/fs/cgroup');
  for (const mount of [mounted, join(mounted, 'unified')])
    yield* upwards(mount, groups.unified, 'memory.events');
  yield* upwards(join(mounted, 'memory'), groups.memory, 'memory.oom_control');
  yield join(root, 'proc/vmstat');
}

/** A file of a group, then of those it is in. In a container a group's own path may be missing, and the mount is the group. */
function* upwards(mount: string, group: string | null, file: string): Generator<string> {
  if (group === null) return;
  for (let path = group; path !== '/'; path = dirname(path)) yield join(mount, path, file);
  yield join(mount, file);
}

/** A process's groups by the lines `number:controllers:path` of `/proc/<pid>/cgroup`; null where it is in none that is seen. */
function ownGroups(text: string): { unified: string | null; memory: string | null } {
  const groups: ReturnType<typeof ownGroups> = { unified: null, memory: null };
  for (const line of text.split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    // One above the root of the namespace is not below the mount: what is there are others.
    if (controllers === undefined || path === undefined || path.split('/').includes('..')) continue;
    if (controllers === '') groups.unified = path;
    else if (controllers.split(',').includes('memory')) groups.memory = path;
  }
  return groups;
}

/** The line `oom_kill N`, which all of these files have alike; null where there is none. */
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
