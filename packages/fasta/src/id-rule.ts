import { isUtf8 } from 'node:buffer';
import { NOT_UTF8 } from './id-problem.js';

/** How the ID is found in a header. */
export interface IdRule {
  /** Whether it needs the whole header; otherwise only the first word. */
  wholeHeader: boolean;
  /** What describes the sequence: the rest of the header, all of it, or nothing since the ID says all. */
  describes: 'rest' | 'header' | 'nothing';
  /** Whether it may take endless time. */
  mayBeSlow: boolean;
  /** The ID, or the problem as text. @param header without `>` and without blanks around it; not empty. */
  idOf(header: Uint8Array): Uint8Array | string;
}

/** The ID is the header's first word. */
export const FIRST_WORD: IdRule = {
  wholeHeader: false,
  describes: 'rest',
  mayBeSlow: false,
  idOf: (header) => header,
};

const WHOLE: IdRule = {
  wholeHeader: true,
  describes: 'nothing',
  mayBeSlow: false,
  idOf: (header) => header,
};

/**
 * The rule for IDs: `first-word`, `whole` (the whole header), or a JavaScript regular expression (flag `u`),
 * whose first group is the ID, or its whole match if it has no group.
 *
 * @throws SyntaxError for an invalid regular expression.
 */
export function idRule(text: string): IdRule {
  if (text === 'first-word') return FIRST_WORD;
  if (text === 'whole') return WHOLE;
  const regex = new RegExp(text, 'u');
  return {
    wholeHeader: true,
    describes: 'header',
    mayBeSlow: true,
    idOf(header) {
      if (!isUtf8(header)) return NOT_UTF8;
      const found = regex.exec(Buffer.from(header.buffer, header.byteOffset, header.length).toString('utf8'));
      if (found === null)
        return `the header does not match --id ${text}; change the header or the expression`;
      const id = found.length > 1 ? found[1] : found[0];
      return id
        ? Buffer.from(id)
        : `--id ${text} finds no ID in the header; change the header or the expression`;
    },
  };
}
