import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Every file of a folder, and the folder itself: its bytes, and when it and its name were changed. */
export function everything(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return ['.', ...names].sort().map((name) => {
    const path = join(folder, name);
    const { mtimeNs, ctimeNs, ino } = statSync(path, { bigint: true });
    const bytes = statSync(path).isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : '';
    return `${name} ${ino} ${mtimeNs} ${ctimeNs} ${bytes}`;
  });
}
