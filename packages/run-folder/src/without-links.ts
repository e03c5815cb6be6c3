import { realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** A path without symbolic links, as far as it exists. */
export function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const whole = resolve(path);
    const parent = dirname(whole);
    return parent === whole ? whole : join(withoutLinks(parent), basename(whole));
  }
}
