import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The absolute path of the folder for what Holdfast can make again: `HOLDFAST_CACHE`, else `holdfast` in `XDG_CACHE_HOME`, else in `~/.cache`.
 * It may not be there.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(
    env['HOLDFAST_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'holdfast'),
  );
}
