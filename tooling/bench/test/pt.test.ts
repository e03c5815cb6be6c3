import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../pt.mjs', import.meta.url));

test('the bench runs, and says of everything what was wanted and what was found', () => {
  const args = ['--rows', '50', '--dim', '8', '--rounds', '1', '--middle-rows', '1000'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  const wanted = [
    'write and fsync of the same bytes',
    '100 rows from the middle',
    'extra memory while writing',
  ];
  if (!stdout.includes('LEFT OUT'))
    wanted.push(
      'against torch.save',
      'checksums always, against torch.load',
      'checksums never, against torch.load',
    );
  for (const what of wanted) expect(stdout).toMatch(new RegExp(`${what}.*wanted .*: (NOT )?met`));
});
