import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordsOf } from './testing/records-of.js';

const LETTERS = 'ACDEFGHIKLMNPQRSTVWY';
const letters = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 30 });
const record = fc.record({
  id: fc.stringMatching(/^[!-:<-~äß😀]{1,8}$/u),
  description: fc.constantFrom('', ' some words', '\tx > y', ' @ ; +'),
  residues: letters,
  width: fc.integer({ min: 1, max: 31 }),
  /** Qualities, as many as there are residues. */
  quality: fc.infiniteStream(fc.constantFrom('@', '+', '>', ';', 'I', '!', '~', '5')),
});
const records = fc.array(record, { minLength: 1, maxLength: 8 });
type Records = typeof records extends fc.Arbitrary<infer T> ? T : never;
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });

const cut = (text: string, width: number) => text.match(new RegExp(`.{1,${width}}`, 'gs')) ?? [];
const fasta = (records: Records) =>
  records.flatMap(({ id, description, residues, width }) => [
    `>${id}${description}`,
    ...cut(residues, width),
  ]);
const fastq = (records: Records) =>
  records.flatMap(({ id, description, residues, width, quality }) => [
    `@${id}${description}`,
    ...cut(residues, width),
    '+',
    ...cut([...quality.take(residues.length)].join(''), width),
  ]);
const due = (records: Records) => records.map(({ id, residues }) => ({ id, residues }));
const bare = ({ records }: ReturnType<typeof recordsOf>) =>
  records.map(({ id, residues }) => ({ id, residues }));

test('FASTA and FASTQ, with any line ends and cut into any pieces, have the same records', () => {
  fc.assert(
    fc.property(
      records,
      sizes,
      fc.constantFrom('\n', '\r\n', '\r'),
      fc.boolean(),
      fc.boolean(),
      (records, sizes, end, closed, asFastq) => {
        const lines = asFastq ? fastq(records) : fasta(records);
        const text = Buffer.from(lines.join(end) + (closed ? end : ''));
        const read = recordsOf(text, sizes);
        expect(read.faults).toEqual([]);
        expect(bare(read)).toEqual(due(records));
        expect(read.records.map(({ record }) => record)).toEqual(records.map((_, i) => i + 1));
        expect(read.notes.fastq_records).toBe(asFastq ? records.length : 0);
        // A return at the very end may be half of a line end.
        const returns = end === '\r' ? lines.length - 1 : 0;
        expect(read.notes.cr_line_ends).toBe(returns);
        expect(recordsOf(text)).toEqual(read);
      },
    ),
    { numRuns: 300 },
  );
});

test('lines of comments, blank lines and byte order marks change only the counts and the lines', () => {
  const noise = fc.constantFrom('', '; a comment > x', ';', ' ', '\ufeff');
  fc.assert(
    fc.property(
      records,
      sizes,
      fc.infiniteStream(noise),
      fc.constantFrom('\n', '\r\n', '\r'),
      (records, sizes, noises, end) => {
        const added: string[] = [];
        const text = fasta(records)
          .map((line) => {
            const [noise] = [...noises.take(1)] as [string];
            added.push(noise);
            return noise === '\ufeff' ? noise + line : noise + end + line;
          })
          .join(end);
        const read = recordsOf(Buffer.from(text), sizes);
        expect([read.faults, bare(read)]).toEqual([[], due(records)]);
        expect(read.notes).toMatchObject({
          comments: added.filter((noise) => noise.startsWith(';')).length,
          // The one at the start of the file is as it should be.
          byte_order_marks: added.filter((noise, i) => i > 0 && noise === '\ufeff').length,
        });
      },
    ),
    { numRuns: 300 },
  );
});

test('files of both formats may be joined', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(records, fc.boolean()), { minLength: 1, maxLength: 4 }),
      sizes,
      (files, sizes) => {
        const text = files.flatMap(([records, asFastq]) => (asFastq ? fastq(records) : fasta(records)));
        const read = recordsOf(Buffer.from(`${text.join('\n')}\n`), sizes);
        expect([read.faults, bare(read)]).toEqual([[], due(files.flatMap(([records]) => records))]);
      },
    ),
  );
});

/** A record with a fault, as lines, and what the fault is. */
const faulty = fc.constantFrom<[format: 'fasta' | 'fastq', lines: string[], code: string]>(
  ['fasta', ['>bad', 'AC1'], 'bad_residue'],
  ['fasta', ['>bad', 'ACD>next', 'ACD'], 'bad_residue'],
  ['fasta', ['>bad', 'AC', 'A ; x', 'ACD', '', '\ufeffACD'], 'bad_residue'],
  ['fasta', ['>bad', 'AC', '\u00ef', 'ACD'], 'bad_residue'],
  ['fasta', ['>bad'], 'no_residues'],
  ['fasta', ['>bad', ' ', '; nothing'], 'no_residues'],
  ['fasta', ['>  ', 'ACD'], 'bad_id'],
  ['fasta', ['>b\u0001d', 'ACD'], 'bad_id'],
  ['fastq', ['@bad', 'ACD', '+', 'II'], 'bad_fastq'],
  ['fastq', ['@bad', 'ACD', '+', 'IIIII'], 'bad_fastq'],
  ['fastq', ['@bad', 'AC', 'DE', '+', 'II', 'I'], 'bad_fastq'],
  ['fastq', ['@bad', 'ACD'], 'bad_fastq'],
  ['fastq', ['@bad', 'AC!', '+', '@II'], 'bad_residue'],
  ['fastq', ['@bad', '', '+', ''], 'no_residues'],
  ['fastq', ['@ ', 'ACD', '+', '@@@'], 'bad_id'],
  ['fastq', ['@bad', 'ACD', '+', 'III', 'more'], 'bad_fastq'],
  ['fastq', ['@bad', 'ACD', '+', 'I\u0007I'], 'bad_fastq'],
);

test('a file with faults has the records of that file without them, and each fault is told', () => {
  const part = fc.oneof(record, faulty);
  fc.assert(
    fc.property(
      fc.constantFrom('fasta' as const, 'fastq' as const),
      fc.array(part, { minLength: 1, maxLength: 10 }),
      sizes,
      fc.constantFrom('\n', '\r\n', '\r'),
      (format, parts, sizes, end) => {
        const lines = format === 'fasta' ? fasta : fastq;
        const isFaulty = (each: (typeof parts)[number]) => Array.isArray(each);
        const used = parts.filter((each) => !isFaulty(each) || each[0] === format);
        fc.pre(used.length > 0);
        const text = used.flatMap((each) => (Array.isArray(each) ? each[1] : lines([each])));
        const read = recordsOf(Buffer.from(text.join(end) + end), sizes);
        const good = used.filter((each) => !isFaulty(each)) as Records;
        expect(bare(read)).toEqual(due(good));
        const codes = used.flatMap((each, i) => (Array.isArray(each) ? [[i + 1, each[2]]] : []));
        expect(read.faults.map(({ record, code }) => [record, code])).toEqual(codes);
      },
    ),
    { numRuns: 500 },
  );
});
