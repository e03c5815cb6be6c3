import type { Attribute } from './object-header.js';
import type { Out } from './out.js';
import { COLLECTION, REFERENCE, writeStrings } from './strings.js';
import { TEXT } from './types.js';

/** Attributes that are strings, or lists of strings. Their strings are written before the object that they belong to. */
export async function textAttributes(
  out: Out,
  values: Readonly<Record<string, string | readonly string[]>>,
): Promise<Attribute[]> {
  const attributes: Attribute[] = [];
  for (const [name, value] of Object.entries(values)) {
    const list = typeof value === 'string' ? [value] : value;
    const parts: Buffer[] = [];
    for (let first = 0; first < list.length; first += COLLECTION)
      parts.push(await writeStrings(out, list.slice(first, first + COLLECTION)));
    const shape = typeof value === 'string' ? [] : [list.length];
    attributes.push({ name, shape, type: TEXT, data: Buffer.concat(parts, list.length * REFERENCE) });
  }
  return attributes;
}
