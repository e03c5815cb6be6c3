import { isUtf8 } from 'node:buffer';

/** Most bytes of an escaped text; a longer one is cut, and ends with …. */
export const MOST_TEXT = 64 * 1024;

const SPACE = 0x20;
const TILDE = 0x7e;
const BACKSLASH = 0x5c;
const CUT = Buffer.from('…');

/** Control characters and line separators, which readers of tables may take for the end of a field or a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it matches control characters on purpose.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/**
 * Text as a field of a table: UTF-8 without control characters. A backslash becomes `\\`; each byte of a control character becomes
 * `\x` and two digits, and so does each byte above 0x7f of a text that is not UTF-8. So the bytes can be had back.
 *
 * @returns at most {@link MOST_TEXT} bytes; the given ones if nothing is to be escaped.
 */
export function tableText(bytes: Uint8Array): Uint8Array {
  if (bytes.length <= MOST_TEXT && bytes.every(isPlain)) return bytes;
  // A character that was cut in two must not make all of it look like no UTF-8.
  const begin = bytes.length > MOST_TEXT ? bytes.subarray(0, startOfCharacter(bytes, MOST_TEXT)) : bytes;
  const escaped = isUtf8(begin) ? escapedText(begin) : escapedBytes(begin);
  if (begin === bytes && escaped.length <= MOST_TEXT) return escaped;
  return Buffer.concat([escaped.subarray(0, endOfWhole(escaped, MOST_TEXT - CUT.length)), CUT]);
}

/** Whether a byte is written as it stands in any text. */
export const isPlain = (byte: number): boolean => byte >= SPACE && byte <= TILDE && byte !== BACKSLASH;

function escapedText(bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes).toString('utf8').replaceAll('\\', '\\\\');
  return Buffer.from(text.replace(CONTROL, (character) => [...Buffer.from(character)].map(hex).join('')));
}

function escapedBytes(bytes: Uint8Array): Buffer {
  const parts = Array.from(bytes, (byte) => {
    if (byte === BACKSLASH) return '\\\\';
    return byte < SPACE || byte > TILDE ? hex(byte) : String.fromCharCode(byte);
  });
  return Buffer.from(parts.join(''));
}

const hex = (byte: number) => `\\x${byte.toString(16).padStart(2, '0')}`;

/** The last place at or before `at` where a character begins. */
function startOfCharacter(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > 0 && at - start < 4 && (bytes[start]! & 0xc0) === 0x80) start--;
  return start;
}

/** The last place at or before `at` that divides neither a character nor an escape. */
function endOfWhole(escaped: Uint8Array, at: number): number {
  const end = Math.min(at, escaped.length);
  let next = 0;
  for (let i = 0; i <= end; i = next) {
    if (i === escaped.length) return i;
    const byte = escaped[i]!;
    if (byte === BACKSLASH) next = i + (escaped[i + 1] === BACKSLASH ? 2 : 4);
    else next = i + (byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4);
    if (next > end) return i;
  }
  return end;
}
