import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookAtProcess } from '../src/processes/process-look.js';

const shown = (line: string) => {
  const root = mkdtempSync(join(tmpdir(), 'proc-'));
  mkdirSync(join(root, '7'));
  writeFileSync(join(root, '7', 'stat'), line);
  return lookAtProcess(7, root);
};

test('state and time are read after the name, whatever the name is', () => {
  const rest = '1 7 7 0 -1 4194304 1 0 0 0 250 31 0 0 20 0 11 0 1 2 3\n';
  expect(shown(`7 (node) R ${rest}`)).toEqual({ stopped: false, cpuMs: 2810 });
  expect(shown(`7 (a) T 1 (b) T ${rest}`)).toEqual({ stopped: true, cpuMs: 2810 });
  expect(shown(`7 (node) t ${rest}`)).toMatchObject({ stopped: true });
});

test('a process that the system does not show gives null', () => {
  expect(shown('7 (node')).toBe(null);
  expect(lookAtProcess(undefined)).toBe(null);
  expect(lookAtProcess(1, '/there/is/none')).toBe(null);
});

test.runIf(process.platform === 'linux')('a process stopped by SIGSTOP shows as stopped', async () => {
  const child = spawn(process.execPath, ['-e', "console.log('up'); setInterval(() => {}, 1000)"]);
  await once(child.stdout, 'data');
  expect(lookAtProcess(child.pid)).toMatchObject({ stopped: false });
  child.kill('SIGSTOP');
  while (lookAtProcess(child.pid)?.stopped !== true) await new Promise((resolve) => setImmediate(resolve));
  child.kill('SIGKILL');
  await once(child, 'close');
});
