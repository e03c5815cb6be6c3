/** A mount: the type and the options of its file system. */
export interface Mount {
  type: string;
  /** Separated by commas. */
  options: string;
}

/**
 * Finds the mount of a path: the deepest one, and the last of several on one place, which covers the others.
 *
 * @param mountinfo the text of proc_pid_mountinfo(5): field five is the mount point; type, source and options follow ` - `.
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
