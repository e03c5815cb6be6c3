/** The variables that name a proxy, for an address's protocol. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'https:': ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'],
  'http:': ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'],
};

/**
 * The proxy that the environment names for an address, as curl reads it; null: none.
 *
 * @param env `NO_PROXY` lists hosts that are reached without it, by commas: `*`, `host`, `.domain` or `host:port`.
 */
export function proxyFor(url: URL, env: NodeJS.ProcessEnv): string | null {
  const given = (names: readonly string[]) => names.map((name) => env[name]).find(Boolean);
  const proxy = given(NAMES[url.protocol] ?? []);
  if (proxy === undefined) return null;
  const direct = (given(['no_proxy', 'NO_PROXY']) ?? '').split(/[\s,]+/).filter(Boolean);
  if (direct.some((each) => isOf(url, each.toLowerCase()))) return null;
  return /^\w+:\/\//.test(proxy) ? proxy : `http://${proxy}`;
}

function isOf({ hostname, port, protocol }: URL, entry: string): boolean {
  if (entry === '*') return true;
  const [, host = entry, ofPort] = /^(.+?):(\d+)$/.exec(entry) ?? [];
  if (ofPort !== undefined && ofPort !== (port || (protocol === 'https:' ? '443' : '80'))) return false;
  const domain = host.replace(/^\*?\./, '');
  return hostname === domain || hostname.endsWith(`.${domain}`);
}
