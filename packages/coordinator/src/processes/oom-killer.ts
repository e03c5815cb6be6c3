import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOptions, words } from '@holdfast/options';
import { type ControlGroup, controlGroups, groupFolders } from '@holdfast/process';

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
  const counter = counters(root).find((path) => read(path) !== null);
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
function counters(root: string): string[] {
  const groups = controlGroups(readText(join(root, 'proc/self/cgroup')) ?? '');
  const files = (name: string, group: ControlGroup | undefined) =>
    group === undefined ? [] : groupFolders(group).map((folder) => join(root, folder, name));
  return [
    ...files(
      'memory.events',
      groups.find(({ controllers }) => controllers.length === 0),
    ),
    ...files(
      'memory.oom_control',
      groups.find(({ controllers }) => controllers.includes('memory')),
    ),
    join(root, 'proc/vmstat'),
  ];
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
