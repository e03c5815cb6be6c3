import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Absolute path of the folder of what Holdfast can compute again: `HOLDFAST_CACHE`, else `XDG_CACHE_HOME/holdfast`, else
 * `~/.cache/holdfast`. It need not exist. Null: the user has no home, so nothing is kept.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string | null {
  const { HOLDFAST_CACHE: own, XDG_CACHE_HOME: all } = env;
  if (own) return resolve(own);
  // The XDG specification has relative paths ignored.
  if (all && isAbsolute(all)) return join(all, 'holdfast');
  const home = env['HOME'] === '' ? null : homeFolder();
  return home === null ? null : join(home, '.cache', 'holdfast');
}

/** Null: there is none. A relative one would be another folder in each working directory. */
function homeFolder(): string | null {
  try {
    const home = homedir();
    return isAbsolute(home) ? home : null;
  } catch {
    return null;
  }
}
