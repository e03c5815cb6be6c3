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
  try {
    return join(homedir(), '.cache', 'holdfast');
  } catch {
    return null;
  }
}
