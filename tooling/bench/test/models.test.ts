import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../models.mjs', import.meta.url));

test('the bench of published weights runs without its rivals, and says that they were left out', () => {
  const args = ['--proteins', '3', '--shapes', '8M', '--python', '/nonexistent'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/^left out: .* has no PyTorch/);
  expect(stdout).toMatch(/8M, fp32: \d+ tokens\/s/);
  expect(stdout).toMatch(/8M, int8: \d+ tokens\/s.*cosine of the first row 0\.99/);
});
