import { spawnSync } from 'node:child_process';
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
