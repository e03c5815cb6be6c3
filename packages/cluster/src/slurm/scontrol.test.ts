import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCodes, parseConfig, parseJob } from './scontrol.js';

test('facts of a site', () => {
  const text = `Configuration data as of 2026-11-29T06:30:00
JobRequeue              = 1
PreemptMode             = REQUEUE
PreemptType             = preempt/partition_prio
RequeueExit             = 1-3,75
RequeueExitHold         = 80
`;
  expect(parseConfig(text)).toEqual({ requeueExit: [1, 2, 3, 75], preemptMode: 'REQUEUE' });
  expect(parseConfig('RequeueExit = (null)\nPreemptMode = OFF\n')).toEqual({
    requeueExit: [],
    preemptMode: 'OFF',
  });
  expect(parseConfig('')).toEqual({ requeueExit: [], preemptMode: null });
});

test('RequeueExitHold is another setting', () => {
  expect(parseConfig('RequeueExitHold         = 75\n').requeueExit).toEqual([]);
});

test('law: codes and ranges are read', () => {
  const code = fc.integer({ min: 0, max: 255 });
  const part = fc.oneof(
    code.map((one) => ({ text: `${one}`, codes: [one] })),
    fc.tuple(code, code).map(([a, b]) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      return {
        text: `${from}-${to}`,
        codes: Array.from({ length: to - from + 1 }, (_, index) => from + index),
      };
    }),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      expect(parseCodes(parts.map(({ text }) => text).join(','))).toEqual(
        parts.flatMap(({ codes }) => codes),
      );
    }),
  );
});

// As Slurm 22.05 printed them at the moment of the signal.
const job = (state: string, more: string) => `JobId=7 ArrayJobId=4 ArrayTaskId=0 JobName=hf
   JobState=${state} Reason=None Dependency=(null)
   Requeue=1 Restarts=2 BatchFlag=1 Reboot=0 ExitCode=0:0
   RunTime=00:00:11 TimeLimit=00:10:00 TimeMin=N/A
   PreemptEligibleTime=2026-11-29T06:31:00 ${more}
   BatchHost=n0
   WorkDir=/tmp/JobState=FAILED

JobId=8 ArrayJobId=4 ArrayTaskId=1 JobName=hf
   JobState=FAILED Reason=None Dependency=(null)
`;

test('a running job, one that is preempted, one that is cancelled', () => {
  expect(parseJob(job('RUNNING', 'PreemptTime=None'))).toEqual({
    state: 'RUNNING',
    reason: 'None',
    restarts: 2,
    preempted: false,
    requeue: true,
    timeLimit: '00:10:00',
    node: 'n0',
  });
  expect(parseJob(job('RUNNING', 'PreemptTime=2026-11-29T06:31:26')).preempted).toBe(true);
  expect(parseJob(job('COMPLETING', 'PreemptTime=None')).state).toBe('COMPLETING');
  expect(parseJob('')).toMatchObject({ state: null, restarts: null, preempted: false, requeue: null });
});
