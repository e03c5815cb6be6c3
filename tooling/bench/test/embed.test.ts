import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../embed.mjs', import.meta.url));

test('the bench of the whole command runs, counts as the plain counter does, and says what was wanted and found', () => {
  const args = ['--rounds', '1', '--proteins', '60', '--reads', '500'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  for (const what of ['bare calls on the same batches', 'none before the end', 'plain counter of k-mers'])
    expect(stdout).toMatch(new RegExp(`${what}: .*wanted .*: (NOT )?met`));
  expect(stdout).toMatch(/tokens\/s from nothing to the result.*of them padding/);
});

test('a bench that fails says why, and leaves nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'));
  const args = ['--rounds', '1', '--proteins', '0', '--reads', '1', '--folder', folder];
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([1, expect.stringContaining('the file is empty')]);
  expect(await readdir(folder)).toEqual([]);
});

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('a bench that is ended by %s in the midst of a run leaves nothing', async (signal, code) => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'));
  const args = ['--rounds', '1', '--proteins', '2000', '--reads', '500', '--folder', folder];
  const bench = spawn(process.execPath, [SCRIPT, ...args], { stdio: 'ignore' });
  const ended = once(bench, 'close');
  for (
    let made = false;
    !made;
    made = (await readdir(folder)).some((name) => existsSync(join(folder, name, 'out')))
  );
  bench.kill(signal);
  expect((await ended)[0]).toBe(code);
  expect(await readdir(folder)).toEqual([]);
});
