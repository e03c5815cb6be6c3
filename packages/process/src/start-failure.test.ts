import { expect, test } from 'vitest';
import { limitRemedy, limitsIn } from './limits.js';
import { startFailure } from './start-failure.js';

const at = { version: 'v20.15.0', platform: 'linux', arch: 'x64' };
const limited = limitsIn('Max open files 20 20 files\nMax address space 1024000000 1 bytes\n');

test.each([
  ['EMFILE: too many open files, open x', '', /raise the limit on open files: ulimit -n 256/],
  [
    'libonnxruntime.so.1: failed to map segment from shared object',
    '',
    /raise the limit on address space: ulimit -v 2097152/,
  ],
  ["Cannot find package 'zod' imported from x", 'ERR_MODULE_NOT_FOUND', /reinstall the packages/],
  ['EACCES: permission denied, open x', 'EACCES', /let this user read the installation/],
  ['EIO: i/o error, read', 'EIO', /check the disk.*rerun the same command/],
  [
    "/lib/libm.so.6: version `GLIBC_2.27' not found",
    'ERR_DLOPEN_FAILED',
    /onnxruntime-node has no build for this system and its C library/,
  ],
  ['Unexpected token', '', /it needs Node/],
])('%s', (message, code, remedy) => {
  const line = startFailure(Object.assign(new Error(message), { code }), at, (errorText) =>
    limitRemedy(errorText, { workers: 0 }, limited),
  );
  expect(line).toMatch(/^holdfast: cannot start on Node\.js v20\.15\.0, linux x64 \(.+\); /);
  expect(line).toMatch(remedy);
  if (code !== 'ERR_MODULE_NOT_FOUND') expect(line).not.toContain('install the packages');
});

test('a library that cannot be mapped, without any limit, is on a disk mounted noexec', () => {
  const error = new Error('x.so: failed to map segment from shared object');
  expect(startFailure(error, at, () => null)).toContain('noexec');
});

test('a Node.js that is too old is named as the cause', () => {
  expect(startFailure(new Error('x'), { ...at, version: 'v18.0.0' }, () => null)).toMatch(
    /install Node\.js 20\.15/,
  );
});
