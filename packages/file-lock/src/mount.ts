/** What a mount is: the type of its file system, and the options of that. */
export interface Mount {
  type: string;
  /** Separated by commas. */
  options: string;
}

/**
 * Finds the mount that a path lies below: the deepest, and of several on one place the last, which covers the others.
 *
 * @param mountinfo as of proc_pid_mountinfo(5): the fifth field is the mount point, what follows ` - ` are type, source and options.
 * @param path absolute, without links.
 */
export function mountOf(mountinfo: string, path: string): Mount | null {
  let deepest = '';
  let found: Mount | null = null;
  for (const line of mountinfo.split('\n')) {
    const [before = '', after] = line.split(' - ');
    const point = before
      .split(' ')[4]
      ?.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    if (point === undefined || after === undefined || point.length < deepest.length) continue;
    if (!`${path}/`.startsWith(point === '/' ? '/' : `${point}/`)) continue;
    const [type = '', , ...options] = after.split(' ');
    deepest = point;
    found = { type, options: options.join(',') };
  }
  return found;
}
