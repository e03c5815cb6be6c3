import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../manifest.mjs', import.meta.url));

test('the bench of the manifest runs, and says of everything what was wanted and what was found', () => {
  const args = ['--rounds', '1', '--updates', '20', '--large', '2000'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stdout.match(/against lock, load and rewrite.*wanted 10.0: (NOT )?met/g)).toHaveLength(2);
  expect(stdout.match(/at 2000: .*wanted at most 1.5: (NOT )?met/g)).toHaveLength(2);
  expect(stdout).toContain('2400 updates from 2000 on');
});
