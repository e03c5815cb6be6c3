import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../../../apps/runner/bin/holdfast.js');
const GENOME = at('../../../apps/runner/data/lambda_virus.fa.gz');
const PYTHON = '/usr/bin/python3';
const missing = spawnSync(PYTHON, ['-c', '']).status !== 0;
if (missing)
  console.warn('LEFT OUT: there is no Python for the reader that was written from docs/on-disk.md');

function check(out: string) {
  const { status, stdout, stderr } = spawnSync(PYTHON, [at('../on-disk.py'), out], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

test.skipIf(missing)('a reader written from docs/on-disk.md alone reads every file of a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'on-disk-'));
  const input = join(folder, 'windows.fa');
  const windows = at('../../workload/windows.mjs');
  writeFileSync(
    input,
    execFileSync(process.execPath, [windows, GENOME, '--count', '3000', '--length', '300']),
  );
  const out = join(folder, 'out');
  const options = ['--workers', '1', '--shards', '60', '--seq-threshold', '40', '--batch-tokens', '3000'];
  execFileSync(process.execPath, [BIN, 'embed', input, '--out', out, ...options], { stdio: 'ignore' });
  const found = check(out);
  expect(found).toMatchObject({ sequences: 3000, rows: 3000, buckets: 1, shards: 60 });
  // Large enough that the manifest has a journal.
  expect(found.events).toBeGreaterThan(0);
});

test.skipIf(missing)('it reads a run with skipped records and suffixes, too', () => {
  const folder = mkdtempSync(join(tmpdir(), 'on-disk-'));
  const input = join(folder, 'dirty.fa');
  const records = Array.from({ length: 50 }, (_, i) => `>s ${i}\nACGT-ACGTAC\n${i % 9 === 4 ? '!' : ''}\n`);
  writeFileSync(input, records.join(''));
  const out = join(folder, 'out');
  const options = ['--on-bad-record', 'skip', '--dedupe-ids', 'suffix', '--workers', '1'];
  execFileSync(process.execPath, [BIN, 'embed', input, '--out', out, ...options], { stdio: 'ignore' });
  expect(check(out)).toMatchObject({ sequences: 44, rows: 1 });
});

test.skipIf(missing)('it joins every output of a run with several again', () => {
  const folder = mkdtempSync(join(tmpdir(), 'on-disk-'));
  const model = at('../../../packages/model-zoo/test/fixtures/esm2_t2_tiny/esm2_t2_tiny.pt');
  const input = join(folder, 'peptides.fa');
  const peptides = Array.from({ length: 20 }, (_, i) => 'MKTAYIAKQRQISFVK'.slice(0, 3 + (i % 13)));
  writeFileSync(input, peptides.map((peptide, i) => `>p${i}\n${peptide}\n`).join(''));
  const out = join(folder, 'out');
  const options = ['--layer', '-1,0', '--include', 'mean,cls,per_token,contacts', '--dtype', 'float16'];
  const more = ['--model', model, '--shards', '3', '--seq-threshold', '4', '--workers', '1'];
  execFileSync(process.execPath, [BIN, 'embed', input, '--out', out, ...options, ...more], {
    stdio: 'ignore',
  });
  expect(check(out)).toMatchObject({ sequences: 20, rows: 13, outputs: 6 });
});
