import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasLocalLocks, isLocalDisk, isUnlockedNetwork } from './local-disk.js';

const mount = (point: string, options: string) =>
  `36 25 0:32 / ${point} rw,relatime shared:1 - nfs4 server:/export rw,vers=4.2,${options},addr=10.0.0.1`;
const mounts = [
  '25 1 8:1 / / rw - ext4 /dev/sda1 rw',
  mount('/data', 'local_lock=none'),
  mount('/data/fast', 'local_lock=all'),
  mount('/old', 'nolock'),
  mount('/my\\040data', 'local_lock=posix'),
].join('\n');

test.each([
  ['/data/run/a.lock', false],
  ['/data/fast/a.lock', true],
  ['/data/faster/a.lock', false],
  ['/old/a.lock', true],
  ['/my data/a.lock', true],
  ['/home/a.lock', false],
])('locks at %s stay within the machine: %s', (path, local) => {
  expect(hasLocalLocks(mounts, path)).toBe(local);
});

test('if two mounts share a place, the later one counts', () => {
  expect(hasLocalLocks(`${mounts}\n${mount('/old', 'local_lock=none')}`, '/old/a.lock')).toBe(false);
});

test('a missing folder, and one of this machine, cause no error', () => {
  expect(isLocalDisk('/no/such/folder')).toBe(false);
  expect(isUnlockedNetwork('/no/such/file')).toBe(false);
  expect(isUnlockedNetwork(mkdtempSync(join(tmpdir(), 'disk-')))).toBe(false);
});
