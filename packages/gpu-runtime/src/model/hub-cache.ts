import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A model on the hub of Hugging Face. */
export interface HubModel {
  /** `owner/name`. */
  id: string;
  /** A branch, tag or commit. */
  revision: string;
}

/** Reads `owner/name` or `owner/name@revision`; null for anything else. */
export function hubModel(text: string): HubModel | null {
  const [, id, revision = 'main'] = /^(\w[\w.-]*\/\w[\w.-]*)(?:@(\w[\w./-]*))?$/.exec(text) ?? [];
  return id === undefined || /\.\.|\.git$/.test(text) ? null : { id, revision };
}

/** Where Hugging Face's own programs keep what they downloaded; they read the same variables in this order. */
export function hubCache(env: NodeJS.ProcessEnv = process.env): string {
  const home = () => join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'huggingface');
  return env['HF_HUB_CACHE'] || join(env['HF_HOME'] || home(), 'hub');
}

/**
 * The folder of a model in the cache of Hugging Face, or null if it was not downloaded. A branch or tag is the
 * commit that it was at the last download.
 *
 * @param cache the cache's folder, with `models--OWNER--NAME/{refs,snapshots}` in it.
 */
export async function cachedModel({ id, revision }: HubModel, cache: string): Promise<string | null> {
  const folder = join(cache, `models--${id.replace('/', '--')}`);
  const named = await readFile(join(folder, 'refs', revision), 'utf8').catch(() => revision);
  const snapshot = join(folder, 'snapshots', named.trim());
  const found = await stat(snapshot).catch(() => null);
  return found?.isDirectory() ? snapshot : null;
}
