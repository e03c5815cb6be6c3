import fc from 'fast-check';
import { expect, test } from 'vitest';
import { taskCount, whatToSubmit } from './what-to-submit.js';

const job = (id: string) => ({ id, job: id.split('_')[0]!, name: 'x', state: 'RUNNING', reason: 'None' });

test.each([
  ['a new run', { left: 12, finished: false, arrays: [], joins: [] }, [true, true, []]],
  ['shards are complete', { left: 0, finished: false, arrays: [], joins: [] }, [false, true, []]],
  ['the result is there', { left: 0, finished: true, arrays: [], joins: [] }, [false, false, []]],
  [
    'both jobs are in the queue',
    { left: 3, finished: false, arrays: [job('4_0'), job('4_1')], joins: [job('5')] },
    [false, false, ['4']],
  ],
  [
    'the join was lost',
    { left: 3, finished: false, arrays: [job('4_0'), job('4_1')], joins: [] },
    [false, true, ['4']],
  ],
  ['only the join is left', { left: 3, finished: false, arrays: [], joins: [job('5')] }, [false, false, []]],
] as const)('%s', (_, run, [array, join, after]) => {
  expect(whatToSubmit(run)).toEqual({ array, join, after });
});

test('law: an array in the queue is never submitted again, nor is a join', () => {
  const jobs = fc.array(fc.constantFrom('4_0', '4_1', '6_0').map(job), { maxLength: 3 });
  const run = fc.record({ left: fc.nat(), finished: fc.boolean(), arrays: jobs, joins: jobs });
  fc.assert(
    fc.property(run, (each) => {
      const { array, join } = whatToSubmit(each);
      if (each.arrays.length > 0 || each.joins.length > 0) expect(array).toBe(false);
      if (each.joins.length > 0) expect(join).toBe(false);
      if (array) expect(join).toBe(true);
    }),
  );
});

test('tasks: a quarter of the shards, by slots', () => {
  expect(taskCount(12, { slots: 1 })).toBe(3);
  expect(taskCount(13, { slots: 1 })).toBe(4);
  expect(taskCount(12, { slots: 2 })).toBe(2);
  expect(taskCount(1, { slots: 8 })).toBe(1);
  expect(taskCount(100_000, { slots: 1 })).toBe(1000);
  expect(taskCount(12, { slots: 1, tasks: 7 })).toBe(7);
});
