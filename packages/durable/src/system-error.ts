import { constants } from 'node:os';

/**
 * Linux error numbers without a name in Node.js (`errno-base.h`, `errno.h`, and the kernel's own from 512 on,
 * which some mounts leak).
 */
const UNNAMED: Readonly<Record<number, string>> = {
  66: 'EREMOTE',
  70: 'ECOMM',
  85: 'ERESTART',
  108: 'ESHUTDOWN',
  112: 'EHOSTDOWN',
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  124: 'EMEDIUMTYPE',
  126: 'ENOKEY',
  127: 'EKEYEXPIRED',
  128: 'EKEYREVOKED',
  129: 'EKEYREJECTED',
  130: 'EOWNERDEAD',
  131: 'ENOTRECOVERABLE',
  133: 'EHWPOISON',
  521: 'EBADHANDLE',
  523: 'EBADCOOKIE',
  524: 'ENOTSUPP',
  526: 'ESERVERFAULT',
  528: 'EJUKEBOX',
};

/** Texts of strerror for errors that libuv prints as numbers. */
const TEXTS: Readonly<Record<string, string>> = {
  ECOMM: 'communication error on send',
  EDQUOT: 'disk quota exceeded',
  EHOSTDOWN: 'host is down',
  EKEYEXPIRED: 'key has expired',
  EKEYREJECTED: 'key was rejected by service',
  EKEYREVOKED: 'key has been revoked',
  ENOKEY: 'required key not available',
  ENOLCK: 'no locks available',
  ENOLINK: 'link has been severed',
  ENOMEDIUM: 'no medium found',
  EREMOTEIO: 'remote i/o error',
  ESHUTDOWN: 'cannot send after transport endpoint shutdown',
  ESTALE: 'stale file handle',
  EUCLEAN: 'structure needs cleaning',
};

function nameOf(errno: number): string | undefined {
  const known = process.platform === 'linux' ? UNNAMED[errno] : undefined;
  return known ?? Object.entries(constants.errno).find(([, value]) => value === errno)?.[0];
}

/**
 * The name of a system error, such as `ESTALE`, even if Node.js knows only its number; null for any other
 * error.
 */
export function systemErrorCode(error: unknown): string | null {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  if (typeof code !== 'string') return null;
  if (/^E[A-Z0-9]+$/.test(code)) return code;
  const number = /^Unknown system error -(\d+)$/.exec(code)?.[1];
  if (number === undefined) return null;
  return nameOf(Number(number)) ?? (typeof errno === 'number' ? `errno ${-errno}` : null);
}

/** Replaces `Unknown system error -116` in a text by `ESTALE: stale file handle`. */
export function nameSystemErrors(text: string): string {
  if (!text.includes('Unknown system error')) return text;
  return text.replace(/Unknown system error -(\d+)(?:: Unknown system error -\1)?/g, (_, number: string) => {
    const name = nameOf(Number(number)) ?? `errno ${number}`;
    const words = TEXTS[name];
    return words === undefined ? name : `${name}: ${words}`;
  });
}

/**
 * Adds the path to the error of a call on an open file, in the wording that Node.js uses for calls by name.
 */
export function atPath(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || systemErrorCode(error) === null) return error;
  const system = error as NodeJS.ErrnoException;
  if (system.path !== undefined || error.message.includes(path)) return error;
  system.path = path;
  error.message = `${nameSystemErrors(error.message)} '${path}'`;
  return error;
}
