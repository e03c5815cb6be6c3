import { dirname, relative, sep } from 'node:path';

/** The nearest folder that contains all of some files. @param files absolute paths without symbolic links. */
export function commonFolder(files: readonly string[]): string {
  let folder = dirname(files[0] ?? sep);
  while (files.some((file) => relative(folder, file).startsWith('..'))) folder = dirname(folder);
  return folder;
}
