import { expect, test } from 'vitest';
import { limitRemedy, limits, limitsIn } from './limits.js';

const PROC = `Limit                     Soft Limit           Hard Limit           Units
Max processes             14                   unlimited            processes
Max open files            20                   524288               files
Max address space         1024000000           unlimited            bytes
`;

test('limits are read as the system lists them; none is none', () => {
  expect(limitsIn(PROC)).toEqual({ files: 20, processes: 14, addressSpace: 1_024_000_000 });
  expect(limitsIn('Max open files  unlimited unlimited files')).toMatchObject({
    files: Number.POSITIVE_INFINITY,
  });
  if (process.platform === 'linux') expect(limits().files).toBeGreaterThan(2);
});

test.each([
  ['EMFILE: too many open files, open x', /ulimit -n 272/],
  ['Assertion failed: (0) == (uv_thread_create(t.get(), start_thread, this))', /ulimit -u \d+/],
  ['spawn /usr/bin/node EAGAIN', /ulimit -u \d+/],
  ['libonnxruntime.so.1: failed to map segment from shared object', /ulimit -v 2097152/],
  ['memory allocation of 24 bytes failed', /ulimit -v 2097152/],
])('%s: the limit is named, with the number that is wanted', (errorText, remedy) => {
  expect(limitRemedy(errorText, { workers: 2 }, limitsIn(PROC))).toMatch(remedy);
});

test('a number is more than the limit that was too little, and room for the model is in it', () => {
  const now = limitsIn(PROC.replace('20  ', '4096').replace('1024000000', '9000000000'));
  expect(limitRemedy('EMFILE', {}, now)).toContain('ulimit -n 8192');
  expect(limitRemedy('bad_alloc', { model: 2 ** 33 }, now)).toContain('ulimit -v 27262976');
});

test('want of memory without a limit is not put down to one, nor is anything else', () => {
  expect(limitRemedy('memory allocation of 24 bytes failed', {}, limitsIn(''))).toBeNull();
  expect(limitRemedy('the model fails', {}, limitsIn(PROC))).toBeNull();
});
