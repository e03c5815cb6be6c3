import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../checkpoint.mjs', import.meta.url));

test('the bench of checkpoints runs, and says of everything what was wanted and what was found', () => {
  const args = ['--rows', '50', '--dim', '8', '--rounds', '1', '--many', '20'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const wanted = [
    'stall of the caller',
    'event-loop delay',
    'end to end, 1 in a row',
    'checkpoints: ',
    'memory',
  ];
  if (!stdout.includes('LEFT OUT')) wanted.push('against the original');
  for (const what of wanted) expect(stdout).toMatch(new RegExp(`${what}.*wanted .*: (NOT )?met`));
});
