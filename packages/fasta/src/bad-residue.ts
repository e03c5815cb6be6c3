import { describeByte } from './files/first-bytes.js';

const ICONV = 'convert it to UTF-8 first, e.g. with `iconv -f UTF-16 -t UTF-8`';

/** What a byte outside every alphabet suggests about its file, and the remedy. */
const SIGNS: readonly (readonly [(byte: number) => boolean, string])[] = [
  [
    (byte) => byte >= 0x30 && byte <= 0x39,
    "lines are numbered, as in GenBank files; remove the digits, e.g. with `sed '/^>/!s/[0-9]//g'`",
  ],
  [
    (byte) => byte === 0x3b,
    "it begins a comment, which must be on a line of its own; remove it, e.g. with `sed '/^>/!s/;.*//'`",
  ],
  [
    (byte) => byte === 0x3e,
    "a header follows a sequence on the same line, probably because files were joined without a line break; put it on its own line, e.g. with `sed '/^>/!s/>/\\n>/g'`",
  ],
  [
    (byte) => byte === 0x40 || byte === 0x2b,
    'FASTQ has such lines, each after a header that begins with "@"; convert the file to FASTA, e.g. with `seqtk seq -a`',
  ],
  [(byte) => byte === 0x3c, 'this looks like HTML or XML; download the sequences themselves as FASTA'],
  [(byte) => byte === 0x2f, 'other formats end records with "//"; convert it to FASTA first'],
  [(byte) => byte === 0, `UTF-16 text contains it; ${ICONV}. An incomplete copy can contain it too`],
  [(byte) => byte >= 0xfe, `UTF-16 text begins with it; ${ICONV}`],
  [
    (byte) => byte === 0xef,
    "it begins a byte order mark, probably because files were joined; remove the marks, e.g. with `sed 's/\\xef\\xbb\\xbf//g'`",
  ],
  [
    (byte) => byte >= 0x80,
    "it is not ASCII; find such characters, e.g. with `grep -nP '[^\\x00-\\x7f]'`, and remove them",
  ],
];

const isLetter = (byte: number) => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/** Signs of proteins that no nucleotide sequence has. */
const OF_PROTEINS = Buffer.from('EFILPQ*');
const [E] = Buffer.from('E');

/** What the reader knows about residues. */
export interface Residues {
  /** 256 entries, nonzero for each byte that may be a residue. */
  residueOf: Uint8Array;
  /** What the model reads, for letters and signs that other alphabets have. */
  hint: string;
}

/** Describes a byte that is not a residue, with a remedy. */
export function badResidue(byte: number, { residueOf, hint }: Residues): string {
  const what = `${describeByte(byte)} is not a residue`;
  const isSign = byte === 0x2a || byte === 0x2d || byte === 0x2e;
  if (isLetter(byte) || isSign) {
    // Only nucleotides do without E.
    if (residueOf[E!] !== 0) return `${what}; ${hint}`;
    const proteins = OF_PROTEINS.includes(isSign ? byte : byte & 0xdf)
      ? ', and the file looks like proteins'
      : '';
    return `${describeByte(byte)} is not a nucleotide${proteins}; ${hint}`;
  }
  const sign = SIGNS.find(([is]) => is(byte));
  return `${what}${sign === undefined ? '; remove it, or check that this is the right file' : `: ${sign[1]}`}`;
}
