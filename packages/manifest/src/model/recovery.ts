import * as z from '@holdfast/schema';

/** Plain JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Most bytes of a shard's recovery as JSON. */
const LONGEST = 1 << 20;
/** Most levels of nesting: a reader may have a smaller stack than the writer. */
const DEEPEST = 100;

/**
 * A coordinator's state about a shard's failures, opaque to the manifest. It accepts only values that survive
 * a round trip: JSON would silently turn NaN into null and drop undefined.
 */
export const recovery = z
  .custom<Json>()
  .nullable()
  .superRefine((value, context) => {
    const fault = faultOf(value, []);
    if (fault !== null) return context.addIssue({ code: 'custom', ...fault });
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > LONGEST)
      context.addIssue({
        code: 'custom',
        message: `${bytes} bytes of JSON, but at most ${LONGEST} are allowed`,
      });
  });

interface Fault {
  path: (string | number)[];
  message: string;
}

/** Why a value is not plain JSON, and where; null if it is. */
function faultOf(value: unknown, path: (string | number)[]): Fault | null {
  const fault = (what: string): Fault => ({ path, message: `${what} is not plain JSON` });
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return null;
  if (typeof value === 'number') return Number.isFinite(value) ? null : fault(`${value}`);
  if (typeof value !== 'object') return fault(typeof value);
  if (path.length === DEEPEST) return { path: [], message: `more than ${DEEPEST} deep` };
  if (!Array.isArray(value) && !isPlain(value)) return fault('an object of a class');
  // Holes in an array come as undefined.
  const members: Iterable<[string | number, unknown]> = Array.isArray(value)
    ? value.entries()
    : Object.entries(value);
  for (const [key, member] of members) {
    const found = faultOf(member, [...path, key]);
    if (found !== null) return found;
  }
  return null;
}

/** Whether an object has no class: a class may define its own JSON. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
