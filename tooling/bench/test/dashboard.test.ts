import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../dashboard.mjs', import.meta.url));
const CHROMIUM = '/usr/bin/chromium';
const there = existsSync(CHROMIUM);
if (!there) console.warn(`LEFT OUT: this machine has no ${CHROMIUM} to time the dashboard in`);

test.runIf(there)('the bench opens a map, moves it, and finds neighbours', () => {
  const args = ['--rows', '300', '--dim', '8', '--chromium', CHROMIUM];
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  for (const what of ['first picture', 'a frame while', 'ten nearest'])
    expect(stdout).toMatch(new RegExp(`^${what}.* s\\b`, 'm'));
});
