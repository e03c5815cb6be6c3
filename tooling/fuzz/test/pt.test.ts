import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../pt.mjs', import.meta.url));

function fuzz(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  return { status, text: stdout + stderr };
}

test('20,000 damaged files are read or refused with a typed error, in little memory', () => {
  const { status, text } = fuzz('--runs', '20000', '--seed', '1');
  expect(text).toMatch(/^20000 mutations: \d+ read, refused: .*; 0 failures; peak RSS \d+ MiB/m);
  expect(status, text).toBe(0);
});

test('so are 20,000 that no one has seen before', () => {
  const { status, text } = fuzz('--runs', '20000');
  expect(status, text).toBe(0);
});

test.each([
  ['throws what is no typed error', 'throw new TypeError("oh")', /FAILURE in run 7 \(--seed 5 --only 7\)/],
  ['hangs', 'for (;;);', /HANG between run 0 and 99/],
  [
    'takes the memory',
    'for (const a = []; ; ) a.push(new Array(1000).fill({}))',
    /ended with \w+ between run/,
  ],
])('a reader that %s is found', (_, code, finding) => {
  const path = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'reader.mjs');
  const reader = `
    export class PtFormatError extends Error { code = 'zip' }
    let runs = 0;
    export async function openPt() { if (runs++ === 7) { ${code} } throw new PtFormatError('no'); }`;
  writeFileSync(path, reader);
  const args = ['--runs', '50', '--seed', '5', '--package', pathToFileURL(path).href];
  const { status, text } = fuzz(...args, '--seconds-per-hundred', '5');
  expect(text).toMatch(finding);
  expect(status).toBe(1);
});

test('the attacks on file are those that the script makes', () => {
  const made = mkdtempSync(join(tmpdir(), 'attacks-'));
  const script = fileURLToPath(new URL('../attacks.mjs', import.meta.url));
  expect(spawnSync(process.execPath, [script, made]).status).toBe(0);
  const filed = fileURLToPath(new URL('../../../packages/pt-serializer/test/attacks/', import.meta.url));
  const names = readdirSync(made);
  expect(readdirSync(filed)).toEqual(names);
  for (const name of names)
    expect(readFileSync(join(filed, name)), name).toEqual(readFileSync(join(made, name)));
});
