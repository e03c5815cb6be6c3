import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';

/** What a control group grants; null where nothing is limited. */
export interface CgroupLimits {
  /** Processor time a second, in cores. */
  cpus: number | null;
  /** Bytes. */
  memory: number | null;
}

/** Version 1 writes "no limit" as the greatest multiple of a page. */
const NO_LIMIT = 2 ** 62;
const MOUNT = '/sys/fs/cgroup';

/** Gives a file's text, or null where there is none. */
export type ReadText = (path: string) => Promise<string | null>;

const readText: ReadText = (path) => readFile(path, 'utf8').catch(() => null);

/**
 * The narrowest limits of this process's control groups and all above them; both versions (Linux, cgroups(7)).
 *
 * @param read replaced by tests.
 */
export async function cgroupLimits(read: ReadText = readText): Promise<CgroupLimits> {
  const cpus: number[] = [];
  const memory: number[] = [];
  for (const line of ((await read('/proc/self/cgroup')) ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const names = controllers.split(',');
    for (const group of upwards(path)) {
      const file = (name: string) => read(posix.join(MOUNT, controllers, group, name));
      if (controllers === '') {
        const [quota, period] = ((await file('cpu.max')) ?? '').split(' ').map(Number);
        cpus.push(quota! / period!);
        memory.push(Number((await file('memory.max')) ?? Number.NaN));
      }
      if (names.includes('cpu')) {
        cpus.push(Number(await file('cpu.cfs_quota_us')) / Number(await file('cpu.cfs_period_us')));
      }
      if (names.includes('memory')) memory.push(Number((await file('memory.limit_in_bytes')) ?? Number.NaN));
    }
  }
  return { cpus: least(cpus), memory: least(memory.filter((bytes) => bytes < NO_LIMIT)) };
}

/** A group and all that hold it. */
function upwards(path: string): string[] {
  return path === '/' ? ['/'] : [path, ...upwards(posix.dirname(path))];
}

function least(values: number[]): number | null {
  const limits = values.filter((value) => value > 0 && Number.isFinite(value));
  return limits.length === 0 ? null : Math.min(...limits);
}
