import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nucleotideWarning } from './nucleotide-likeness.js';

const esm = { name: 'esm', alphabet: 'protein' } as const;
const asReads = { translated: false, meanLength: 150 };
const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../../apps/runner/test/fixtures/${name}`, import.meta.url)));
const residuesOf = (fasta: Buffer) =>
  Buffer.from(
    fasta
      .toString()
      .toUpperCase()
      .replace(/^>.*|\s/gm, ''),
  );

test('nucleotides are reported, with the remedy that fits their lengths', () => {
  const genome = residuesOf(gunzipSync(fixture('lambda_virus.fa.gz'))).subarray(0, 1000);
  expect(nucleotideWarning(genome, esm, asReads)).toMatch(
    /100% of its first 1,000 residues are A, .* model esm reads proteins.*--translate --force-restart .* as for reads; .*ignore this warning$/,
  );
  expect(nucleotideWarning(genome, esm, { translated: false, meanLength: 48_502 })).toMatch(
    /add --translate=orfs --force-restart to embed their open reading frames, as for contigs and genomes;/,
  );
});

test('proteins, translated input and input for a nucleotide model are not reported', () => {
  const genome = residuesOf(gunzipSync(fixture('lambda_virus.fa.gz')));
  expect(nucleotideWarning(residuesOf(fixture('globins45.faa')), esm, asReads)).toBeNull();
  expect(nucleotideWarning(genome, esm, { ...asReads, translated: true })).toBeNull();
  expect(nucleotideWarning(genome, { name: 'tnf', alphabet: 'dna' }, asReads)).toBeNull();
  expect(nucleotideWarning(new Uint8Array(0), esm, asReads)).toBeNull();
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
    const warned = nucleotideWarning(Buffer.from(mixed.join('')), esm, asReads) !== null;
    expect(warned).toBe(20 * others <= mixed.length);
  });
  const edge = (others: number) => ({ mixed: [...'A'.repeat(100 - others), ...'K'.repeat(others)], others });
  fc.assert(property, { examples: [[edge(5)], [edge(6)]] });
});
