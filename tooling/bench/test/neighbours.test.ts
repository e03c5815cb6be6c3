import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../neighbours.mjs', import.meta.url));

test('the bench runs, and NumPy finds the same neighbours', () => {
  const args = ['--rows', '3000', '--dim', '16', '--queries', '2,3'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  for (const count of [2, 3]) {
    expect(stdout).toMatch(new RegExp(`${count} queries, ours: .*million rows x queries/s`));
    if (!stdout.includes('LEFT OUT: NumPy'))
      expect(stdout).toMatch(
        new RegExp(`${count} queries, numpy: .*; ${count * 10} of ${count * 10} neighbours`),
      );
  }
});
