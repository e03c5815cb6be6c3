import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
// @ts-expect-error plain JavaScript, used as a script too
import { records, reverseComplement, windows } from '../windows.mjs';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

test('windows of a small genome, by hand', () => {
  const genome = records(Buffer.from('>g1 a genome\nACGTac\nGN\n>g2\nTTTT\n'));
  const text = [...windows(genome, { length: 4, stride: 3, count: 6 })].join('');
  expect(text).toBe(
    '>g1:1-4(+)\nACGT\n>g1:1-4(-)\nACGT\n>g1:4-7(+)\nTACG\n>g1:4-7(-)\nCGTA\n>g2:1-4(+)\nTTTT\n>g2:1-4(-)\nAAAA\n',
  );
  expect([...windows(genome, { length: 4, stride: 3, count: 1 })].join('')).toBe('>g1:1-4(+)\nACGT\n');
  expect(() => [...windows(genome, { length: 4, stride: 3, count: 7 })]).toThrow('give 6 windows');
});

test('the complement knows the IUPAC codes, and is its own inverse but for U', () => {
  expect(reverseComplement(Buffer.from('ACGTURYSWKMBDHVN')).toString()).toBe('NBDHVKMWSRYAACGT');
  const codes = Buffer.from('ACGTRYSWKMBDHVN');
  expect(reverseComplement(reverseComplement(codes))).toEqual(codes);
  expect(() => reverseComplement(Buffer.from('AE'))).toThrow('E is no nucleotide');
});

test('the command gives the same bytes every time', () => {
  const run = () =>
    execFileSync(
      process.execPath,
      [path('../windows.mjs'), path('fixtures/lambda_virus.fa.gz'), '--count', '2001'],
      {
        maxBuffer: 1 << 26,
      },
    );
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const first = run();
  expect(sha256(run())).toBe(sha256(first));
  expect(first.toString().match(/^>/gm)).toHaveLength(2001);
});
