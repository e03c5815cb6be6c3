import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../outside.mjs', import.meta.url));

test.runIf(process.platform === 'linux')(
  'whatever somebody outside does to workers and command, exactly the poison is missing in the end',
  () => {
    const args = [script, '--stories', '6', '--seed', '20', '--jobs', '2'];
    const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      verdict: 'held',
      held: 6,
      failed: 0,
    });
  },
);
