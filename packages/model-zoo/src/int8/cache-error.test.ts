import { expect, test } from 'vitest';
import { CacheError, cacheError } from './cache-error.js';

const systemError = (code: string) => Object.assign(new Error(`${code}: no`), { code, syscall: 'write' });

test.each([
  [
    'ENOSPC',
    true,
    /^\/cache\/int8: .*cannot take 157 MB .*ENOSPC.*; make room for 157 MB there, or set HOLDFAST_CACHE/,
  ],
  ['EDQUOT', true, /quota.*make room for 157 MB there, or set HOLDFAST_CACHE to a folder with room/],
  ['EACCES', false, /permission denied\); let this user write there \(chmod, chown\), or set HOLDFAST_CACHE/],
  ['EROFS', false, /read-only\); mount it writable, or set HOLDFAST_CACHE to a folder that this user/],
])('%s names the cache, the variable, and the remedy that fits', (code, passing, message) => {
  const error = cacheError('/cache/int8/int8-c0ffee.safetensors', 157e6, systemError(code));
  expect(error).toBeInstanceOf(CacheError);
  expect(error).toMatchObject({ passing, path: '/cache/int8', message: expect.stringMatching(message) });
  expect((error as Error).message).toMatch(/then rerun the same command$/);
});

test('the disk of the cache says how much is free', () => {
  expect((cacheError('/tmp/x', 1, systemError('ENOSPC')) as Error).message).toMatch(/, \d.* are free\)/);
});

test('what is not from the file system is left as it is', () => {
  const error = new RangeError('no such output');
  expect(cacheError('/tmp/x', 1, error)).toBe(error);
});
