import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../cluster-costs.mjs', import.meta.url));

test('the bench of costs on a cluster runs, and names each', () => {
  const args = ['--sequences', '2000', '--rows', '300', '--entries', '1000'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/planning: .* µs a sequence .* memory .* MiB in all/);
  expect(stdout).toMatch(/opening the index, once a task: .* with 2000 sequences/);
  expect(stdout).toMatch(/manifest of 100 shards with 10 checkpoints each: .* bytes a checkpoint/);
  for (const what of ['joining', 'verifying']) expect(stdout).toMatch(new RegExp(`${what}: .* µs a row`));
  expect(stdout).toMatch(/files and folders below checkpoints\//);
});
