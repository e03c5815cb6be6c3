const MOST_OF_A_TEXT = 1000;
const MOST_OF_A_VALUE = 80;

/** A text for a message, cut short: a hostile file may name things at any length. */
export const clipped = (text: string, most = MOST_OF_A_TEXT): string =>
  text.length <= most ? text : `${text.slice(0, most)}…`;

/** A value of JSON for a message. */
export function shown(value: unknown): string {
  try {
    return clipped(JSON.stringify(value) ?? String(value), MOST_OF_A_VALUE);
  } catch {
    // JSON.parse reads lists that are nested more deeply than JSON.stringify can write.
    return 'a deeply nested value';
  }
}
