import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nucleotideWarning } from './nucleotide-likeness.js';

const esm = { name: 'esm', alphabet: 'protein' } as const;
const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../../apps/runner/test/fixtures/${name}`, import.meta.url)));
const residuesOf = (fasta: Buffer) =>
  Buffer.from(
    fasta
      .toString()
      .toUpperCase()
      .replace(/^>.*|\s/gm, ''),
  );

test('a genome is reported, with the remedy', () => {
  const genome = residuesOf(gunzipSync(fixture('lambda_virus.fa.gz'))).subarray(0, 1000);
  expect(nucleotideWarning(genome, esm, false)).toMatch(
    /100% of its first 1000 residues are A, .* model esm reads proteins.*--translate --force-restart.*ignore this warning$/,
  );
});

test('proteins, translated input and input for a nucleotide model are not reported', () => {
  const genome = residuesOf(gunzipSync(fixture('lambda_virus.fa.gz')));
  expect(nucleotideWarning(residuesOf(fixture('globins45.faa')), esm, false)).toBeNull();
  expect(nucleotideWarning(genome, esm, true)).toBeNull();
  expect(nucleotideWarning(genome, { name: 'tnf', alphabet: 'dna' }, false)).toBeNull();
  expect(nucleotideWarning(new Uint8Array(0), esm, false)).toBeNull();
});

test('the warning appears exactly when at least 95% of the letters are nucleotides, in any order', () => {
  const letters = (from: string) => fc.array(fc.constantFrom(...from), { maxLength: 100 });
  const mixtures = fc
    .tuple(letters('ACGTUN'), letters('DEFHIKLMPQRSVWXY*'))
    .filter(([nucleotides, others]) => nucleotides.length + others.length > 0)
    .chain(([nucleotides, others]) => {
      const all = [...nucleotides, ...others];
      const mixed = fc.shuffledSubarray(all, { minLength: all.length });
      return fc.record({ mixed, others: fc.constant(others.length) });
    });
  const property = fc.property(mixtures, ({ mixed, others }) => {
    const warned = nucleotideWarning(Buffer.from(mixed.join('')), esm, false) !== null;
    expect(warned).toBe(20 * others <= mixed.length);
  });
  const edge = (others: number) => ({ mixed: [...'A'.repeat(100 - others), ...'K'.repeat(others)], others });
  fc.assert(property, { examples: [[edge(5)], [edge(6)]] });
});
