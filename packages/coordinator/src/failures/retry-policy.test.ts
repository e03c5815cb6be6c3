import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shouldRetryWorker } from '../checked.js';
import { DEFAULT_POLICY } from './retry-policy.js';

test('test_should_retry_spot_preemption_infinite', () => {
  expect(shouldRetryWorker({ kind: 'spot_preemption', retryCount: 10 })).toMatchObject({
    retry: true,
    reason: 'spot preemption #11, capacity will return',
  });
});

test('test_should_retry_poison_input_circuit_breaker', () => {
  const failure = { kind: 'poison_input', retryCount: 0, batchIdx: 42 } as const;
  expect(shouldRetryWorker({ ...failure, batchFailures: 1 })).toMatchObject({ retry: true, delayMs: 0 });
  expect(shouldRetryWorker({ ...failure, batchFailures: 2 })).toMatchObject({
    retry: false,
    reason: 'circuit breaker: batch 42 failed 2 times',
  });
});

test.each([
  ['test_should_retry_oom_exponential_backoff', 'oom'],
  ['test_should_retry_transient_max_retries', 'transient'],
] as const)('%s', (_, kind) => {
  expect(shouldRetryWorker({ kind, retryCount: 2 })).toMatchObject({ retry: true, reason: 'attempt 3/3' });
  expect(shouldRetryWorker({ kind, retryCount: 3 })).toMatchObject({
    retry: false,
    reason: 'exhausted 3 retries',
  });
});

test('test_retry_worker_spot_preemption_delay', () => {
  expect(shouldRetryWorker({ kind: 'spot_preemption', retryCount: 0 }).delayMs).toBe(60_000);
  const policy = { ...DEFAULT_POLICY, spotRetryPollInterval: 5 };
  expect(shouldRetryWorker({ kind: 'spot_preemption', retryCount: 7 }, policy).delayMs).toBe(5000);
});

test('test_retry_worker_oom_exponential_backoff', () => {
  const policy = { ...DEFAULT_POLICY, maxRetriesTransient: 100 };
  const delays = [0, 1, 2, 5, 6, 10].map(
    (retryCount) => shouldRetryWorker({ kind: 'oom', retryCount }, policy).delayMs,
  );
  expect(delays).toEqual([1000, 2000, 4000, 32_000, 60_000, 60_000]);
});

test('a back-off never shrinks as failures go on, and never exceeds its limit', () => {
  fc.assert(
    fc.property(fc.nat(2000), fc.integer({ min: 1, max: 300 }), (retryCount, backoffMaxSec) => {
      const policy = { ...DEFAULT_POLICY, maxRetriesTransient: Number.POSITIVE_INFINITY, backoffMaxSec };
      const at = (count: number) =>
        shouldRetryWorker({ kind: 'transient', retryCount: count }, policy).delayMs;
      expect(at(retryCount + 1)).toBeGreaterThanOrEqual(at(retryCount));
      expect(at(retryCount)).toBeLessThanOrEqual(backoffMaxSec * 1000);
    }),
  );
});
