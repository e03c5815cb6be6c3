import { HubError } from './hub-error.js';

/** The variables that name a proxy, for an address's protocol. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/**
 * The proxy that the environment names for an address, as curl reads it; null: none.
 *
 * @throws HubError `hub_bad_setting` for an invalid address.
 * @param env `NO_PROXY` lists hosts that are reached without it, by commas: `*`, `host`, `.domain` or `host:port`.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | null {
  const set = (names: readonly string[]) => names.find((name) => env[name]);
  const given = (names: readonly string[]) => env[set(names) ?? ''];
  const name = set(NAMES[url.protocol] ?? []);
  if (name === undefined) return null;
  const proxy = env[name]!;
  const direct = (given(['no_proxy', 'NO_PROXY']) ?? '').split(/[\s,]+/).filter(Boolean);
  if (direct.some((each) => isOf(url, each.toLowerCase()))) return null;
  const address = /^\w+:\/\//.test(proxy) ? proxy : `http://${proxy}`;
  if (/^https?:$/.test(URL.canParse(address) ? new URL(address).protocol : '')) return address;
  // It may hold a password, so it is not shown.
  throw new HubError(
    'hub_bad_setting',
    name,
    'is no address of an HTTP proxy',
    'set it to http://HOST:PORT, or unset it',
  );
}

function isOf({ hostname, port, protocol }: URL, entry: string): boolean {
  if (entry === '*') return true;
  const [, host = entry, ofPort] = /^(.+?):(\d+)$/.exec(entry) ?? [];
  if (ofPort !== undefined && ofPort !== (port || (protocol === 'https:' ? '443' : '80'))) return false;
  const domain = host.replace(/^\*?\./, '');
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
