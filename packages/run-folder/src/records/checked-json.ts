import { createHash } from 'node:crypto';

/** SHA-256 of a value as compact JSON. */
const digestOf = (value: object) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** A JSON file's text: the value, and as its last field `sha256` the digest of all others as compact JSON. */
export function formatChecked(value: object): string {
  return `${JSON.stringify({ ...value, sha256: digestOf(value) }, null, 2)}\n`;
}

/**
 * What a text of `formatChecked` says, without its checksum. Files of earlier versions have none, which `checked` tells: the
 * caller must then take no field that those versions did not know, since a checksum whose name is damaged looks like one.
 *
 * @throws Error when it is no JSON object, or its checksum is wrong.
 */
export function parseChecked(text: string): { value: object; checked: boolean } {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('it holds no JSON object');
  const { sha256, ...value } = parsed as { sha256?: unknown };
  if (sha256 === undefined) return { value, checked: false };
  // The text and not only the values: several ways to write a number have one value.
  if (formatChecked(value) !== text) throw new Error('its checksum is wrong');
  return { value, checked: true };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Node's own words quote the text.
    throw new Error('it is not JSON', { cause });
  }
}
