import type { Check, Fault } from './check.js';
import { nearest } from './nearest.js';
import { OptionRangeError, OptionTypeError } from './option-errors.js';
import { shown } from './shown.js';

/**
 * Refuses options that fail the check.
 *
 * @param of the function or class, as its caller names it.
 * @param check mostly `object(…)`, made once. Or a check of one argument, with `path` its name.
 * @throws OptionTypeError (a TypeError) for a value of another kind than wanted; OptionRangeError (a RangeError) for an unknown
 * name, and for a number or a choice that is not allowed. Both have `code: 'invalid_option'`, `of`, `option`, `given`.
 */
export function checkOptions(of: string, given: unknown, check: Check, path = ''): void {
  const fault = check(given, path);
  if (fault === null) return;
  const refused = { of, option: fault.path, given: fault.kind === 'unknown' ? undefined : fault.given };
  if (fault.kind === 'type') throw new OptionTypeError(message(of, fault), refused);
  throw new OptionRangeError(message(of, fault), refused);
}

function message(of: string, { path, kind, given, wanted, called }: Fault): string {
  if (kind === 'unknown') return `${of}: unknown option \`${path}\`; ${hint(path, wanted.split(', '))}`;
  const name = path === '' ? called : path;
  const [what, it] = name === undefined ? ['the options are', 'they'] : [`${name} is`, 'it'];
  return `${of}: ${what} ${given === undefined ? 'missing' : shown(given)}; ${it} must be ${wanted}`;
}

function hint(path: string, known: readonly string[]): string {
  const within = path.slice(0, path.lastIndexOf('.') + 1);
  const meant = nearest(path.slice(within.length), known);
  if (meant !== null) return `did you mean \`${within}${meant}\`?`;
  return known.length === 1 ? `the only one is \`${within}${known[0]}\`` : `known are ${known.join(', ')}`;
}
