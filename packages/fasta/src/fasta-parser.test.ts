import { expect, test } from 'vitest';
import { FastaParser } from './fasta-parser.js';
import { InputError } from './input-error.js';

const letters = (text: string) =>
  Uint8Array.from({ length: 256 }, (_, c) => (text.includes(String.fromCharCode(c)) ? 1 : 0));
const DNA = letters('ACGTN');

/** Parses bytes in pieces of `size` into an offset of the sink; checks that nothing is written outside. */
function parse(input: string | Uint8Array, size = Number.POSITIVE_INFINITY, allowed = DNA) {
  const bytes = Buffer.from(input as string);
  const records: { id: string; line: number; residues: string }[] = [];
  const out = Buffer.alloc(bytes.length + 3, '.');
  let start = 3;
  let at = 3;
  const headers: { id: string; line: number }[] = [];
  const counts: number[] = [];
  const parser = new FastaParser({
    file: 'reads.fa',
    allowed,
    hint: 'the model reads DNA; is this protein?',
    header: (id, record, line) => {
      expect(record).toBe(headers.length + 1);
      headers.push({ id: Buffer.from(id).toString(), line });
    },
    end: (residues) => {
      counts.push(residues);
      return null;
    },
    drop: () => undefined,
    fault: ({ code, problem, ...place }) => {
      throw new InputError(code, { file: 'reads.fa', ...place }, problem);
    },
  });
  for (let i = 0; i < bytes.length; i += size) at = parser.write(bytes.subarray(i, i + size), out, at);
  parser.end();
  for (const [i, header] of headers.entries()) {
    records.push({ ...header, residues: out.toString('latin1', start, start + counts[i]!) });
    start += counts[i]!;
  }
  expect(start).toBe(at);
  expect(out.toString('latin1', 0, 3)).toBe('...');
  return records;
}

function failure(input: string | Uint8Array, size?: number): InputError {
  try {
    parse(input, size);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).not.toMatch(/[\n\r]/);
    return error as InputError;
  }
  throw new Error('it was accepted');
}

test.each([
  ['LF', '>a\nACGT\nAC\n>b\nG\n'],
  ['CRLF', '>a\r\nACGT\r\nAC\r\n>b\r\nG\r\n'],
  ['no final line break', '>a\nACGTAC\n>b\nG'],
  ['a final carriage return', '>a\nACGTAC\n>b\nG\r'],
  ['lower case', '>a\nacgTAC\n>b\ng\n'],
  ['blanks in lines', '>a\n AC GT\tAC \n>b\nG \n'],
  ['a blank before >', '>a\nACGTAC\n >b\nG\n'],
  ['blanks after >', '> a\nACGTAC\n>\t b\nG\n'],
  ['CR alone', '>a\rACGT\rAC\r>b\rG\r'],
  ['mixed line ends', '>a\r\nACGT\rAC\n\r>b\nG'],
  ['a byte order mark where files were joined', '>a\nACGTAC\n\ufeff>b\nG\n'],
  ['comments', ';x\n; >y\r\n>a\nACGT\n;AC\nAC\n ; z\n>b\nG\n;'],
  ['FASTQ', '@a\nACGTAC\n+\nIIIIII\n@b\nG\n+b\n@\n'],
  ['wrapped FASTQ', '@a x\nACG\nTAC\n+\n@II\n+II\n\n@b\nG\n+\n@'],
  ['FASTA, then FASTQ', '>a\nACGTAC\n@b\nG\n+\nI\n'],
  ['descriptions', '>a some > words\r\nACGTAC\n>b\tmore\nG\n'],
])('%s', (_, text) => {
  for (const size of [1, 2, 3, 5, 100]) {
    expect(parse(text, size).map(({ id, residues }) => [id, residues])).toEqual([
      ['a', 'ACGTAC'],
      ['b', 'G'],
    ]);
  }
});

test('blank lines and a byte order mark are skipped, and lines are counted', () => {
  for (const size of [1, 2, 100]) {
    expect(parse('\ufeff\r\n \n>a\n\nAC\n\n\nGT\n\n>b\nG\n', size)).toEqual([
      { id: 'a', line: 3, residues: 'ACGT' },
      { id: 'b', line: 10, residues: 'G' },
    ]);
    expect(parse('\ufeff>a\nA', size)).toEqual([{ id: 'a', line: 1, residues: 'A' }]);
  }
});

test('an ID may contain any printable UTF-8 and be long', () => {
  const id = `sp|P1|ä→😀${'x'.repeat(5000)}`;
  for (const size of [1, 7, 10_000]) expect(parse(`>${id}\nA\n`, size)[0]!.id).toBe(id);
});

test('">" within a line is not a header, and never a residue even if the table allows it', () => {
  expect(failure('>a\nAC>b\nGT\n').code).toBe('bad_residue');
  expect(() => parse('>a\nAC>b\n', 100, letters('ACGTB> \n'))).toThrow('">" is not a residue');
});

test('a line of 20 MB is read', () => {
  const line = Buffer.alloc(20_000_000, 'acgt');
  const out = new Uint8Array(line.length + 3);
  const counts: number[] = [];
  const parser = new FastaParser({
    file: 'f',
    allowed: DNA,
    hint: '',
    header: () => undefined,
    end: (n) => {
      counts.push(n);
      return null;
    },
    drop: () => undefined,
    fault: () => undefined,
  });
  let at = parser.write(Buffer.from('>a\n'), out, 0);
  at = parser.write(line, out, at);
  parser.end();
  expect([at, counts]).toEqual([20_000_000, [20_000_000]]);
  expect(Buffer.from(out.subarray(0, at)).equals(Buffer.alloc(20_000_000, 'ACGT'))).toBe(true);
});

test.each<[string, string | Uint8Array, Partial<InputError>, string]>([
  [
    'an empty file',
    '',
    { code: 'empty' },
    'reads.fa: the file has no record; check the program that writes it',
  ],
  [
    'blank lines only',
    '\n \r\n',
    { code: 'empty' },
    'reads.fa: the file has no record; check the program that writes it',
  ],
  [
    'text',
    '\nhello\n',
    { code: 'not_fasta', line: 2 },
    'reads.fa: line 2: not FASTA: the first character is "h" instead of ">"; check that this is the right file',
  ],
  [
    'half a byte order mark',
    Uint8Array.of(0xef, 0xbb, 0x3e),
    { code: 'not_fasta' },
    'reads.fa: line 1: not FASTA: the first character is the byte 0xef instead of ">"; check that this is the right file',
  ],
  [
    'UTF-16',
    Buffer.from('\ufeff>a\nA\n', 'utf16le'),
    { code: 'not_fasta' },
    'reads.fa: line 1: not FASTA: it begins like UTF-16 text; convert it to UTF-8 first, e.g. with `iconv -f UTF-16 -t UTF-8`',
  ],
  [
    'no ID',
    '>a\nA\n>\nC\n',
    { code: 'bad_id', record: 2, line: 3 },
    'reads.fa: record 2 (line 3): no ID after ">"; begin the header with a unique word',
  ],
  [
    'blanks instead of an ID',
    '> \t\nA\n',
    { code: 'bad_id', record: 1, line: 1 },
    'reads.fa: record 1 (line 1): no ID after ">"; begin the header with a unique word',
  ],
  [
    'half a byte order mark between lines',
    Buffer.from('>a\nAC\n\xef\xbbG\n', 'latin1'),
    { code: 'bad_residue', record: 1, line: 3 },
    'reads.fa: record 1 ("a", line 3): the byte 0xef is not a residue: it begins a byte order mark, probably because files were joined; remove the marks, e.g. with `sed \'s/\\xef\\xbb\\xbf//g\'`',
  ],
  [
    'a quality that is too short',
    '@a\nACGT\n+\nIII\n@b\nA\n+\nI\n',
    { code: 'bad_fastq', record: 1, line: 4 },
    'reads.fa: record 1 ("a", line 4): the quality is shorter than the sequence (3 and 4 letters); repair the record, or remove it',
  ],
  [
    'a quality that is too long',
    '@a\nACGT\n+\nIIIII',
    { code: 'bad_fastq', record: 1, line: 4 },
    'reads.fa: record 1 ("a", line 4): the quality is longer than the sequence (5 and 4 letters); repair the record, or remove it',
  ],
  [
    'SAM',
    '@HD\tVN:1.6\n@SQ\tSN:a\n',
    { code: 'bad_fastq', record: 1, line: 2 },
    'reads.fa: record 1 ("HD", line 2): no "+" line and no qualities follow the sequence; if this is SAM, convert it first, e.g. with `samtools fasta`',
  ],
  [
    'NUL in an ID',
    '>a\0b\nA\n',
    { code: 'bad_id', record: 1 },
    'reads.fa: record 1 ("a\\x00b", line 1): a control character (the byte 0x00) in the ID; give the record a printable ID',
  ],
  [
    'invalid UTF-8 in an ID',
    Buffer.from('>a\xff\nA\n', 'latin1'),
    { code: 'bad_id', record: 1 },
    'reads.fa: record 1 ("a\ufffd", line 1): the ID is not valid UTF-8; convert the file, e.g. with `iconv -f LATIN1 -t UTF-8` if it is Latin-1',
  ],
  [
    'an endless ID',
    `>${'x'.repeat(70_000)}\nA\n`,
    { code: 'bad_id', record: 1 },
    `reads.fa: record 1 ("${'x'.repeat(100)}…", line 1): the ID is longer than 65536 bytes; shorten it`,
  ],
  [
    'no residues',
    '>a\n\n>b\nA\n',
    { code: 'no_residues', record: 1, id: 'a', line: 1 },
    'reads.fa: record 1 ("a", line 1): no sequence follows this header; add the sequence, or remove the header',
  ],
  [
    'no residues at the end',
    '>a\nA\n>b x',
    { code: 'no_residues', record: 2, id: 'b', line: 3 },
    'reads.fa: record 2 ("b", line 3): no sequence follows this header; add the sequence, or remove the header',
  ],
  [
    'a letter that is not allowed',
    '>a\nA\n>b\nAC\nAE\n',
    { code: 'bad_residue', record: 2, id: 'b', line: 5 },
    'reads.fa: record 2 ("b", line 5): "E" is not a nucleotide, and the file looks like proteins; the model reads DNA; is this protein?',
  ],
  [
    'an unprintable byte',
    '>a\nA\0\n',
    { code: 'bad_residue', record: 1, line: 2 },
    'reads.fa: record 1 ("a", line 2): the byte 0x00 is not a residue: UTF-16 text contains it; convert it to UTF-8 first, e.g. with `iconv -f UTF-16 -t UTF-8`. An incomplete copy can contain it too',
  ],
])('refused: %s', (_, input, fields, message) => {
  for (const size of [1, 2, 1_000_000]) {
    const error = failure(input, size);
    expect(error).toMatchObject({ file: 'reads.fa', ...fields });
    expect(error.message).toBe(message);
  }
});
