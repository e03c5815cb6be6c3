import { timingSafeEqual } from 'node:crypto';

/** What a request says of itself. */
export interface Asked {
  method: string;
  /** As it was sent: the path, and what is behind the question mark. */
  url: string;
  host: string | undefined;
  origin: string | undefined;
  /** The header `Sec-Fetch-Site`. */
  site: string | undefined;
  cookie: string | undefined;
}

/** What the server knows of itself. */
export interface Door {
  port: number;
  token: string;
}

/** `enter`: the token was in the address, so the answer sets the cookie. */
export type Verdict =
  | { pass: true; path: string; query: URLSearchParams; enter: boolean }
  | { pass: false; status: 400 | 403 | 405 | 421; why: string };

/** Cookies know no ports, so the name has it. */
export const cookieName = ({ port }: Pick<Door, 'port'>): string => `holdfast_${port}`;

/**
 * Whether a request may be answered.
 *
 * - Any web page may send requests to this machine. It cannot read the token, and its browser says where it is from.
 * - A name that an attacker owns may be made to mean this machine (DNS rebinding). Then `Host` is that name.
 */
export function judge(asked: Asked, door: Door): Verdict {
  const names = ['127.0.0.1', 'localhost'].map((name) => `${name}:${door.port}`);
  if (asked.host === undefined || !names.includes(asked.host.toLowerCase()))
    return no(421, 'this server answers only to 127.0.0.1 and localhost');
  if (asked.origin !== undefined && !names.some((name) => asked.origin === `http://${name}`))
    return no(403, 'the request comes from another page');
  if (asked.method !== 'GET' && asked.method !== 'HEAD')
    return no(405, 'this server changes nothing: only GET and HEAD are allowed');
  if (!asked.url.startsWith('/') || asked.url.startsWith('//')) return no(400, 'the address is not a path');
  const [, path, search] = /^([^?#]*)\??([^#]*)/.exec(asked.url)!;
  const query = new URLSearchParams(search);
  const enter = path === '/' && equal(query.get('token') ?? '', door.token);
  const inside = (asked.cookie ?? '')
    .split(/; */)
    .some((pair) => equal(pair, `${cookieName(door)}=${door.token}`));
  if (!enter && !inside)
    return no(403, 'the token is missing or wrong: open the address that `holdfast dashboard` printed');
  // Only the first visit may come from elsewhere: from a terminal, or from a link.
  if (!enter && asked.site !== undefined && !['same-origin', 'none'].includes(asked.site))
    return no(403, 'the request comes from another page');
  return { pass: true, path: path!, query, enter };
}

const no = (status: 400 | 403 | 405 | 421, why: string) => ({ pass: false, status, why }) as const;

function equal(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
