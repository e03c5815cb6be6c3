import { expect, test } from 'vitest';
import { jobName } from './job-name.js';

test('a run has the same names whenever it is submitted, and another run or folder has others', () => {
  const run = { dir: '/a', fingerprint: 'f' };
  expect(jobName('array', run)).toMatch(/^holdfast-[0-9a-f]{12}$/);
  expect(jobName('join', run)).toMatch(/^holdfast-join-[0-9a-f]{12}$/);
  expect(jobName('array', { ...run })).toBe(jobName('array', run));
  expect(
    new Set([run, { ...run, dir: '/b' }, { ...run, fingerprint: 'g' }].map((each) => jobName('array', each)))
      .size,
  ).toBe(3);
});
