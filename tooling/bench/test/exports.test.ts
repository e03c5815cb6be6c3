import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const run = (script: string, ...args: string[]) =>
  spawnSync(process.execPath, [fileURLToPath(new URL(`../${script}.mjs`, import.meta.url)), ...args], {
    encoding: 'utf8',
  });

test('the bench of exports gives seconds, a rate and memory', () => {
  const { status, stdout, stderr } = run('exports', '300', '8', 'parquet', 'h5ad');
  expect(status, stderr).toBe(0);
  for (const name of ['cp \\+ sync', 'parquet', 'h5ad'])
    expect(stdout).toMatch(new RegExp(`^${name} +[\\d.]+ s +\\d+ MiB/s of rows +\\d+ MiB at most`, 'm'));
});

test('the bench of get finds the rows, and times it', () => {
  const { status, stdout, stderr } = run('get', '500', '4');
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^100 rows by ID, with the index, 1 +[\d.]+ ms$/m);
});
