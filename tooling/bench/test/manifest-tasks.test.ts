import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../manifest-tasks.mjs', import.meta.url));

test('tasks that share a manifest lose nothing, also if some are killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bench-test-'));
  const args = ['--tasks', '6', '--shards', '40', '--checkpoints', '3', '--kills', '3', '--folder', folder];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(/ updates\/s: \d+ in /);
  expect(stdout).toMatch(/\(median\), .*\(longest\)/);
  expect(stdout).toContain('nothing lost: all 120 checkpoints are recorded, each shard was completed once');
  expect(stdout).toMatch(/[1-3] shards of 3 killed tasks were taken over/);
  expect(await readdir(folder)).toEqual([]);
});
