import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DiskSpaceError, type DiskVerdict, diskVerdict } from './disk-space.js';

test.each([
  [100, 1000, 'enough'],
  [100, 120, 'enough'],
  [100, 119, 'close'],
  [100, 95, 'close'],
  [100, 94, 'short'],
  [100, 0, 'short'],
  [0, 0, 'enough'],
  // Some network mounts do not say.
  [1e15, null, 'enough'],
] as const)('%d bytes needed and %s free: %s', (need, free, verdict) => {
  expect(diskVerdict(need, free)).toBe(verdict);
});

test('more room is never judged worse, nor a smaller need', () => {
  const order: readonly DiskVerdict[] = ['short', 'close', 'enough'];
  const rank = (need: number, free: number) => order.indexOf(diskVerdict(need, free));
  const bytes = fc.integer({ min: 0, max: 2 ** 50 });
  fc.assert(
    fc.property(bytes, bytes, bytes, (need, free, more) => {
      expect(rank(need, free + more)).toBeGreaterThanOrEqual(rank(need, free));
      expect(rank(need + more, free)).toBeLessThanOrEqual(rank(need, free));
    }),
  );
});

test('the error names the folder, both sizes and the ways on', () => {
  const error = new DiskSpaceError('/scratch/out', 2e9, 5e8);
  expect(error).toMatchObject({ code: 'disk_space', path: '/scratch/out', needBytes: 2e9, freeBytes: 5e8 });
  expect(error.message).toBe(
    '/scratch/out: the run needs 2.0 GB more on this disk, and 500 MB are free; make room there, use another --out, or add --ignore-disk-space to begin all the same',
  );
});
