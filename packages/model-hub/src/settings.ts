import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { HubError } from './hub-error.js';

/** What the programs of Hugging Face read from the environment, and so do we. */
export interface HubSettings {
  /** The folder of downloaded models. */
  cache: string;
  /** The hub's address, without a slash at the end. */
  endpoint: string;
  /** Proves who the user is; null: nobody. */
  token: string | null;
  /** Whether the network must not be used. */
  offline: boolean;
}

const PUBLIC = 'https://huggingface.co';
const YES = new Set(['1', 'true', 'yes', 'on']);

/**
 * Reads `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_ENDPOINT`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE` and
 * `HF_HUB_DISABLE_IMPLICIT_TOKEN` as the programs of Hugging Face do, with the token that `hf auth login` saved.
 *
 * @throws HubError `hub_bad_setting` if `HF_ENDPOINT` is no address, or `HOME` is needed and no folder.
 */
export function hubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home = () =>
    at(env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(homeOf(env), '.cache'), 'huggingface'), env);
  const cache = env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(home(), 'hub');
  return {
    cache: at(cache, env),
    endpoint: endpointOf(env['HF_ENDPOINT']),
    token: yes(env['HF_HUB_DISABLE_IMPLICIT_TOKEN']) ? null : tokenOf(env, home),
    offline: yes(env['HF_HUB_OFFLINE']) || yes(env['TRANSFORMERS_OFFLINE']),
  };
}

const yes = (value: string | undefined) => YES.has((value ?? '').toLowerCase());

const at = (path: string, env: NodeJS.ProcessEnv) =>
  path === '~' || path.startsWith('~/') ? join(homeOf(env), path.slice(1)) : path;

/** Without a home, the cache would be in whatever the working directory is. */
function homeOf(env: NodeJS.ProcessEnv): string {
  const home = env['HOME'] === '' ? '' : homedir();
  if (isAbsolute(home)) return home;
  throw new HubError(
    'hub_bad_setting',
    'HOME',
    home === '' ? 'is empty' : `is not an absolute path (${home})`,
    'set it to your home folder, or set HF_HOME to the folder of the cache of Hugging Face',
  );
}

function tokenOf(env: NodeJS.ProcessEnv, home: () => string): string | null {
  const given = env['HF_TOKEN'] || env['HUGGING_FACE_HUB_TOKEN'];
  const token = (given || saved(() => at(env['HF_TOKEN_PATH'] || join(home(), 'token'), env))).trim();
  if (!/^[\x21-\x7e]*$/.test(token))
    throw new HubError(
      'hub_bad_setting',
      given ? 'HF_TOKEN' : 'the saved token of Hugging Face',
      'is no token: it has a space, a line break or another odd character',
      'copy it again from the settings of your account',
    );
  return token === '' ? null : token;
}

function saved(path: () => string): string {
  try {
    return readFileSync(path(), 'utf8');
  } catch {
    // Most models need no token; the hub says so if this one does.
    return '';
  }
}

function endpointOf(given: string | undefined): string {
  const endpoint = (given || PUBLIC).replace(/\/+$/, '');
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  // A password there would be in every message; the hub takes a token.
  if (url !== null && (url.username !== '' || url.password !== ''))
    throw new HubError(
      'hub_bad_setting',
      'HF_ENDPOINT',
      'holds a user or a password',
      'leave them out, and set HF_TOKEN',
    );
  if (/^https?:$/.test(url?.protocol ?? '')) return endpoint;
  throw new HubError(
    'hub_bad_setting',
    'HF_ENDPOINT',
    `${JSON.stringify(given)} is not an address`,
    `unset it, or set it to one such as ${PUBLIC}`,
  );
}
