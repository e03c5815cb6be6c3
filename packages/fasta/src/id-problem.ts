import { isUtf8 } from 'node:buffer';
import { describeByte } from './files/first-bytes.js';

export const NOT_UTF8 =
  'the ID is not valid UTF-8; convert the file, e.g. with `iconv -f LATIN1 -t UTF-8` if it is Latin-1';

/** What is wrong with an ID, with the remedy; undefined if it is valid. */
export function idProblem(id: Uint8Array, sign = '>'): string | undefined {
  if (id.length === 0) return `no ID after "${sign}"; begin the header with a unique word`;
  if (id[0] === 0)
    return 'the byte 0x00 in the ID, which UTF-16 text contains; convert it to UTF-8 first, e.g. with `iconv -f UTF-16LE -t UTF-8`';
  const control = id.find((byte) => byte < 0x20 || byte === 0x7f);
  if (control === 0x09)
    return "a tab in the ID, which would break tables; take a part of the header with --id first-word or --id REGEX, or replace the tabs, e.g. with `sed '/^>/s/\\t/ /g'`";
  if (control !== undefined) {
    return `a control character (${describeByte(control)}) in the ID; give the record a printable ID`;
  }
  return isUtf8(id) ? undefined : NOT_UTF8;
}
