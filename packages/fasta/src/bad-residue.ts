import { describeByte } from './files/first-bytes.js';

const ICONV = 'convert it to UTF-8 first, e.g. with `iconv -f UTF-16 -t UTF-8`';

/** What a byte outside every alphabet says about its file, and the remedy. */
const SIGNS: readonly (readonly [(byte: number) => boolean, string])[] = [
  [
    (byte) => byte >= 0x30 && byte <= 0x39,
    "lines are numbered, as in GenBank files; take the digits out, e.g. with `sed '/^>/!s/[0-9]//g'`",
  ],
  [(byte) => byte === 0x3b, "it begins a comment; take comments out, e.g. with `sed '/^;/d; /^>/!s/;.*//'`"],
  [
    (byte) => byte === 0x3e,
    "a header follows a sequence on the same line, probably because files were joined without a line end; put it on its own line, e.g. with `sed '/^>/!s/>/\\n>/g'`",
  ],
  [
    (byte) => byte === 0x40 || byte === 0x2b,
    'FASTQ has such lines; turn it into FASTA first, e.g. with `seqtk seq -a`',
  ],
  [(byte) => byte === 0x3c, 'HTML and XML have it; download the sequences themselves as FASTA'],
  [(byte) => byte === 0x2f, 'other formats end records with "//"; turn it into FASTA first'],
  [(byte) => byte === 0, `UTF-16 text contains it; ${ICONV}. An incompletely copied file can contain it too`],
  [(byte) => byte >= 0xfe, `UTF-16 text begins with it; ${ICONV}`],
  [
    (byte) => byte === 0xef,
    "it begins a byte order mark, as where files were joined; take marks out, e.g. with `sed 's/\\xef\\xbb\\xbf//g'`",
  ],
  [
    (byte) => byte >= 0x80,
    "it is not ASCII; find such characters, e.g. with `grep -nP '[^\\x00-\\x7f]'`, and remove them",
  ],
];

const isLetter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/**
 * Says what is wrong with a byte where a residue is due, and the remedy that fits it.
 *
 * @param hint what the reader wants, for letters and signs that other alphabets have.
 */
export function badResidue(byte: number, hint: string): string {
  const what = `${describeByte(byte)} is not a residue`;
  if (isLetter(byte) || byte === 0x2a || byte === 0x2d || byte === 0x2e) return `${what}; ${hint}`;
  const sign = SIGNS.find(([is]) => is(byte));
  return `${what}${sign === undefined ? '; take it out, or see whether this is the right file' : `: ${sign[1]}`}`;
}
