import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../weights.mjs', import.meta.url));

function fuzz(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

test('2,000 damaged models are read or refused with a typed error, in little memory', () => {
  const { status, text } = fuzz('--runs', '2000', '--seed', '1');
  expect(text).toMatch(/^2000 mutations: \d+ read, refused: .*; 0 failures; peak RSS \d+ MiB/m);
  expect(status, text).toBe(0);
});

test('so are 2,000 that no one has seen before', () => {
  const { status, text } = fuzz('--runs', '2000');
  expect(status, text).toBe(0);
});

test('a reader that throws what is no typed error is found', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'zoo.mjs');
  const errors = ['WeightsError', 'ModelConfigError', 'UnsupportedModelError'];
  const classes = errors.map((name) => `export class ${name} extends Error {}`).join('\n');
  writeFileSync(path, `${classes}\nexport async function openModel() { throw new TypeError('oh'); }`);
  const { status, text } = fuzz('--runs', '3', '--seed', '5', '--zoo', pathToFileURL(path).href);
  expect(text).toMatch(/FAILURE in run 0 \(--seed 5 --only 0\)/);
  expect(status).toBe(1);
});
