import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { controlGroups, groupFolders } from '@holdfast/process';

/** What a control group grants; null where nothing is limited. */
export interface CgroupLimits {
  /** Processor time a second, in cores. */
  cpus: number | null;
  /** Bytes. */
  memory: number | null;
}

/** Version 1 writes "no limit" as the greatest multiple of a page. */
const NO_LIMIT = 2 ** 62;

/** Gives a file's text, or null where there is none. */
export type ReadText = (path: string) => Promise<string | null>;

const readText: ReadText = (path) => readFile(path, 'utf8').catch(() => null);

/** The narrowest limits of this process's control groups and all above them. */
export async function cgroupLimits(read: ReadText = readText): Promise<CgroupLimits> {
  const cpus: number[] = [];
  const memory: number[] = [];
  for (const group of controlGroups((await read('/proc/self/cgroup')) ?? '')) {
    for (const folder of groupFolders(group)) {
      const file = (name: string) => read(posix.join(folder, name));
      const number = async (name: string) => Number((await file(name)) ?? Number.NaN);
      if (group.controllers.length === 0) {
        const [quota, period] = ((await file('cpu.max')) ?? '').split(' ').map(Number);
        cpus.push(quota! / period!);
        memory.push(await number('memory.max'));
      }
      if (group.controllers.includes('cpu'))
        cpus.push((await number('cpu.cfs_quota_us')) / (await number('cpu.cfs_period_us')));
      if (group.controllers.includes('memory')) memory.push(await number('memory.limit_in_bytes'));
    }
  }
  return { cpus: least(cpus), memory: least(memory.filter((bytes) => bytes < NO_LIMIT)) };
}

function least(values: number[]): number | null {
  const limits = values.filter((value) => value > 0 && Number.isFinite(value));
  return limits.length === 0 ? null : Math.min(...limits);
}
