import { expect, test } from 'vitest';
import { whyEnded, whyRestarted } from './why-ended.js';

test.each([
  ['PREEMPTED', 'spot_preemption', 'preempted'],
  ['NODE_FAIL', 'transient', 'node failed'],
  ['TIMEOUT', 'time_limit', '--time'],
  ['OUT_OF_MEMORY', 'out_of_memory', '--mem=32G'],
  ['CANCELLED', 'cancelled', 'cancelled'],
  ['CANCELLED by 1000', 'cancelled', 'cancelled'],
  ['FAILED', 'failed', 'log'],
  ['COMPLETED', 'complete', 'by itself'],
])('%s', (state, kind, words) => {
  expect(whyEnded({ state })).toEqual({ kind, words: expect.stringContaining(words) });
});

test('a job that lives has not ended', () => {
  for (const state of ['RUNNING', 'PENDING', 'COMPLETING', null]) expect(whyEnded({ state })).toBeNull();
});

test('a preempted job ended by that, and a failed one says why', () => {
  expect(whyEnded({ state: 'FAILED', preempted: true })?.kind).toBe('spot_preemption');
  expect(whyEnded({ state: 'FAILED', reason: 'JobLaunchFailure' })?.words).toContain('(JobLaunchFailure)');
});

test('why a task runs again', () => {
  expect(whyRestarted({ restarts: 0, saidGoodbye: false })).toBeNull();
  expect(whyRestarted({ restarts: 1, saidGoodbye: true, preempted: true })?.kind).toBe('spot_preemption');
  expect(whyRestarted({ restarts: 1, saidGoodbye: false })?.kind).toBe('transient');
});
