import { createHash } from 'node:crypto';

/** SHA-256 of a value as compact JSON. */
const digestOf = (value: object) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The text of a JSON file: the value, with the digest of its fields as compact JSON in a last field `sha256`. */
export function formatChecked(value: object): string {
  return `${JSON.stringify({ ...value, sha256: digestOf(value) }, null, 2)}\n`;
}

/**
 * Parses a text of `formatChecked`, without its checksum. Files of earlier versions have none; `checked` is then false, and the
 * caller must reject fields that those versions did not know, since a checksum with a damaged name looks like one.
 *
 * @throws Error if it is not a JSON object, or its checksum is wrong.
 */
export function parseChecked(text: string): { value: object; checked: boolean } {
  const parsed = parseJson(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('it is not a JSON object');
  const { sha256, ...value } = parsed as { sha256?: unknown };
  if (sha256 === undefined) return { value, checked: false };
  // Compare the text, not only the values: a number can be written in several ways.
  if (formatChecked(value) !== text) throw new Error('its checksum is wrong');
  return { value, checked: true };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Node's own message would quote the text.
    throw new Error('it is not JSON', { cause });
  }
}
