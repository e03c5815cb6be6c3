import { z } from 'zod';

/** What plain JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Bytes that a shard's recovery may have as JSON. */
const LONGEST = 1 << 20;
/** How deep it may be nested: what reads it may have less of a stack than what wrote it. */
const DEEPEST = 100;

/**
 * What a shard's coordinator keeps of its failures. The manifest does not look into it, but it takes only what reads as it
 * was written: JSON would make null of NaN, and nothing of undefined, without a word.
 */
export const recovery = z
  .custom<Json>()
  .nullable()
  .superRefine((value, context) => {
    const fault = faultOf(value, []);
    if (fault !== null) return context.addIssue({ code: 'custom', ...fault });
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > LONGEST)
      context.addIssue({ code: 'custom', message: `${bytes} bytes of JSON, and ${LONGEST} are the most` });
  });

interface Fault {
  path: (string | number)[];
  message: string;
}

/** Why a value is no JSON, and where in it; null where it is. */
function faultOf(value: unknown, path: (string | number)[]): Fault | null {
  const fault = (what: string): Fault => ({ path, message: `${what} is no plain JSON` });
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : fault(`${value}`);
  if (typeof value !== 'object') return fault(typeof value);
  if (path.length === DEEPEST) return { path: [], message: `more than ${DEEPEST} deep` };
  if (!Array.isArray(value) && !isPlain(value)) return fault('an object of a class');
  // Holes of an array are told as undefined.
  const members: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, member] of members) {
    const found = faultOf(member, [...path, key]);
    if (found !== null) return found;
  }
  return null;
}

/** Whether it was made by a literal: one of a class says in JSON what its class likes. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
