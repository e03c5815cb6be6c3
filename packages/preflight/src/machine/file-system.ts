import { readFile } from 'node:fs/promises';

/** The type of the file system that a path lies on, or null where the system does not tell. @param path absolute, without links. */
export async function fileSystemOf(path: string): Promise<string | null> {
  return typeIn(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''), path);
}

/** Finds the mount a path lies below in a `mountinfo` (proc_pid_mountinfo(5)): the deepest, and of several there the last. */
export function typeIn(mountinfo: string, path: string): string | null {
  let best = '';
  let type: string | null = null;
  for (const line of mountinfo.split('\n')) {
    const [mount, source] = line.split(' - ');
    const point = mount
      ?.split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (point === undefined || source === undefined || point.length < best.length) continue;
    if (point !== '/' && path !== point && !path.startsWith(`${point}/`)) continue;
    best = point;
    type = source.split(' ')[0] ?? null;
  }
  return type;
}
