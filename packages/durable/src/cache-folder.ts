import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for what Holdfast can make again: `HOLDFAST_CACHE`, else `holdfast` in `XDG_CACHE_HOME`, else in `~/.cache`.
 * It may not be there.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return env['HOLDFAST_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'holdfast');
}
