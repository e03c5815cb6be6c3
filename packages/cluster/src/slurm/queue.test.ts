import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseQueue, type QueuedJob, queueArguments, stuck } from './queue.js';

// As Slurm 22.05 printed it.
const PRINTED = `4_0|4|holdfast-0123456789ab|RUNNING|None
6_[4-11%3]|6|holdfast-0123456789ab|PENDING|Resources
7|7|holdfast-join-0123456789ab|PENDING|Dependency
5_1|5|holdfast-0123456789ab|COMPLETING|NonZeroExitCode
8_2|8|holdfast-0123456789ab|PENDING|launch failed requeued held
`;

test('tasks, the rest of an array, and jobs', () => {
  expect(parseQueue(PRINTED).map(({ id, job, state }) => [id, job, state])).toEqual([
    ['4_0', '4', 'RUNNING'],
    ['6_[4-11%3]', '6', 'PENDING'],
    ['7', '7', 'PENDING'],
    ['5_1', '5', 'COMPLETING'],
    ['8_2', '8', 'PENDING'],
  ]);
  expect(parseQueue('')).toEqual([]);
});

test('a line of another shape is not guessed', () => {
  expect(() => parseQueue('slurm_load_jobs error: Unable to contact slurm controller')).toThrow(
    'another shape',
  );
});

test('law: what is printed is read', () => {
  const name = fc.constantFrom('holdfast-0123456789ab', 'holdfast-join-0123456789ab');
  const job = fc.record({
    id: fc.constantFrom('12', '12_3', '12_[1-3,7%2]'),
    job: fc.nat().map(String),
    name,
    state: fc.constantFrom('RUNNING', 'PENDING', 'COMPLETING', 'SPECIAL_EXIT'),
    reason: fc.stringMatching(/^[A-Za-z][A-Za-z,()| ]*[a-z]$/),
  });
  fc.assert(
    fc.property(fc.array(job), (jobs: QueuedJob[]) => {
      const text = jobs.map(({ id, job, name, state, reason }) => [id, job, name, state, reason].join('|'));
      expect(parseQueue(text.map((line) => `${line}\n`).join(''))).toEqual(jobs);
    }),
  );
});

test('asks for the jobs of these names, of whichever user', () => {
  const args = queueArguments(['a', 'b']);
  expect(args).toContain('--name=a,b');
  expect(args.some((each) => /^--(me|user)/.test(each))).toBe(false);
});

test('a job that never starts by itself is told with what helps', () => {
  const job = { id: '8_2', job: '8', name: 'x', state: 'PENDING' };
  expect(stuck({ ...job, reason: 'launch failed requeued held' })).toBe(
    '8_2 waits for ever (launch failed requeued held); release it with: scontrol release 8_2',
  );
  expect(stuck({ ...job, state: 'SPECIAL_EXIT', reason: 'None' })).toContain('scontrol release 8_2');
  expect(stuck({ ...job, reason: 'Resources' })).toBeNull();
  expect(stuck({ ...job, state: 'RUNNING', reason: 'JobHeldUser' })).toBeNull();
});
