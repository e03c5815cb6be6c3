import fc from 'fast-check';
import { expect, test } from 'vitest';
import { howToLeave } from './how-to-leave.js';

const running = { state: 'RUNNING', preempted: true, requeue: true };

test('exit 75 where the site requeues it, else scontrol, else staying until the end of the grace', () => {
  const asked = { job: running, canScontrol: true };
  expect(howToLeave({ ...asked, requeueExit: [75] })).toEqual({ how: 'exit', code: 75 });
  expect(howToLeave({ ...asked, requeueExit: [1] })).toEqual({ how: 'requeue', code: 75 });
  expect(howToLeave({ requeueExit: null, job: null, canScontrol: false })).toEqual({
    how: 'linger',
    code: 75,
  });
});

test('a job that may not be requeued does not count on its exit code', () => {
  const job = { ...running, requeue: false };
  expect(howToLeave({ requeueExit: [75], job, canScontrol: true }).how).toBe('requeue');
});

test('a cancelled job ends plainly', () => {
  const job = { ...running, state: 'COMPLETING' };
  expect(howToLeave({ requeueExit: [75], job, canScontrol: true })).toEqual({ how: 'exit', code: 130 });
  expect(howToLeave({ requeueExit: [130, 75], job, canScontrol: true })).toEqual({ how: 'exit', code: 1 });
});

const leaving = fc.record({
  requeueExit: fc.option(fc.array(fc.integer({ min: 0, max: 255 })), { nil: null }),
  job: fc.option(
    fc.record({
      state: fc.constantFrom('RUNNING', 'COMPLETING', 'CANCELLED', 'PENDING', 'TIMEOUT', null),
      preempted: fc.boolean(),
      requeue: fc.constantFrom(true, false, null),
    }),
    { nil: null },
  ),
  canScontrol: fc.boolean(),
});

test('law: never 143, and nothing that revives a job which is not running', () => {
  fc.assert(
    fc.property(leaving, (given) => {
      const leave = howToLeave(given);
      expect(leave.code).not.toBe(143);
      if (given.job?.state && given.job.state !== 'RUNNING') {
        expect(leave.how).toBe('exit');
        // Code 0 never fails, whatever a site requeues.
        if (leave.code !== 0) expect(given.requeueExit ?? []).not.toContain(leave.code);
      }
      if (leave.how === 'requeue') expect(given.canScontrol).toBe(true);
    }),
  );
});
