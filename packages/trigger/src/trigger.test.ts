import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type TriggerPolicy } from './decide.js';
import { everyBytes, onceAborted } from './policies.js';
import { VIRAL_MODE_VARIABLE } from './thresholds.js';
import { CheckpointTrigger } from './trigger.js';

/** A clock that a test moves by hand, in seconds. */
function clock() {
  let ms = 1_000_000;
  return {
    now: () => ms,
    pass(seconds: number) {
      ms += seconds * 1000;
    },
  };
}

test('test_trigger_sequence_threshold_fires', () => {
  const trigger = new CheckpointTrigger({ seqThreshold: 100, env: {} });
  expect(trigger.shouldCheckpoint(50)).toEqual([false, null]);
  expect(trigger.shouldCheckpoint(50)).toEqual([true, 'sequence_threshold']);
});

test('test_trigger_time_threshold_fires', () => {
  const time = clock();
  const trigger = new CheckpointTrigger({ timeThresholdSec: 0.1, env: {}, now: time.now });
  expect(trigger.shouldCheckpoint(1)).toEqual([false, null]);
  time.pass(0.15);
  expect(trigger.shouldCheckpoint(1)).toEqual([true, 'time_threshold']);
});

test('test_trigger_emergency_override fires whatever the other thresholds say', () => {
  const time = clock();
  const trigger = new CheckpointTrigger({
    emergencyOverrideSec: 0.1,
    timeThresholdSec: 1e9,
    env: {},
    now: time.now,
  });
  time.pass(0.15);
  expect(trigger.shouldCheckpoint(0)).toEqual([true, 'emergency_time_override']);
});

test('test_trigger_reset_clears_counters', () => {
  const time = clock();
  const trigger = new CheckpointTrigger({ seqThreshold: 10, timeThresholdSec: 5, env: {}, now: time.now });
  time.pass(5);
  expect(trigger.shouldCheckpoint(10)[0]).toBe(true);
  expect(trigger.shouldCheckpoint(0)[0]).toBe(true);
  trigger.reset();
  expect(trigger.shouldCheckpoint(9)).toEqual([false, null]);
  time.pass(4);
  expect(trigger.shouldCheckpoint(0)).toEqual([false, null]);
  expect(trigger.shouldCheckpoint(1)).toEqual([true, 'sequence_threshold']);
});

test('test_trigger_viral_mode_overrides_defaults but nothing that was passed', () => {
  const env = { [VIRAL_MODE_VARIABLE]: 'true' };
  expect(new CheckpointTrigger({ env }).thresholds).toEqual({
    seqThreshold: 5000,
    timeThresholdSec: 180,
    emergencyOverrideSec: 600,
  });
  expect(new CheckpointTrigger({ env, seqThreshold: 999 }).thresholds).toMatchObject({
    seqThreshold: 999,
    timeThresholdSec: 180,
  });
  expect(new CheckpointTrigger({ env, seqThreshold: 10_000 }).thresholds.seqThreshold).toBe(10_000);
});

test('test_trigger_viral_mode_disabled_uses_defaults', () => {
  for (const env of [{}, { [VIRAL_MODE_VARIABLE]: 'false' }, { [VIRAL_MODE_VARIABLE]: '' }]) {
    expect(new CheckpointTrigger({ env }).thresholds).toEqual({
      seqThreshold: 10_000,
      timeThresholdSec: 300,
      emergencyOverrideSec: 600,
    });
  }
});

test('invalid thresholds and batch sizes are refused by name', () => {
  for (const value of [0, -1, Number.NaN]) {
    expect(() => new CheckpointTrigger({ seqThreshold: value, env: {} })).toThrow('seqThreshold');
    expect(() => new CheckpointTrigger({ timeThresholdSec: value, env: {} })).toThrow('timeThresholdSec');
    expect(() => everyBytes(value)).toThrow('everyBytes');
  }
  expect(() => new CheckpointTrigger({ env: {} }).shouldCheckpoint(1.5)).toThrow('batchSize');
  expect(() => new CheckpointTrigger({ env: {} }).shouldCheckpoint(1, -1)).toThrow('batchBytes');
  const misspelt = { seqTreshold: 5, env: {} };
  expect(() => new CheckpointTrigger(misspelt)).toThrow(
    'unknown option `seqTreshold`; did you mean `seqThreshold`?',
  );
});

test('between two checkpoints there are never more sequences than the threshold and one batch', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 })),
      fc.integer({ min: 1, max: 200 }),
      (batches, limit) => {
        const trigger = new CheckpointTrigger({ seqThreshold: limit, env: {}, now: () => 0 });
        let waiting = 0;
        for (const size of batches) {
          waiting += size;
          const [due] = trigger.shouldCheckpoint(size);
          expect(due).toBe(waiting >= limit);
          if (due) {
            trigger.reset();
            waiting = 0;
          }
        }
      },
    ),
  );
});

test('more progress never makes a due checkpoint not due', () => {
  const progress = fc.record({ sequences: fc.nat(100), seconds: fc.nat(100) });
  const thresholds = { seqThreshold: 50, timeThresholdSec: 40, emergencyOverrideSec: 60 };
  fc.assert(
    fc.property(progress, fc.nat(50), fc.nat(50), (at, sequences, seconds) => {
      const later = { sequences: at.sequences + sequences, seconds: at.seconds + seconds };
      return decide(at, thresholds) === null || decide(later, thresholds) !== null;
    }),
  );
});

test('the caller’s rules come first, in their order, and count from reset to reset', () => {
  const notice = new AbortController();
  const policies = [everyBytes(100), onceAborted(notice.signal)];
  const trigger = new CheckpointTrigger({ seqThreshold: 10, env: {}, now: () => 0, policies });
  expect(trigger.shouldCheckpoint(1, 99)).toEqual([false, null]);
  expect(trigger.shouldCheckpoint(9, 1)).toEqual([true, 'byte_threshold']);
  trigger.reset();
  expect(trigger.shouldCheckpoint(10, 99)).toEqual([true, 'sequence_threshold']);
  trigger.reset();
  notice.abort();
  expect(trigger.shouldCheckpoint(0)).toEqual([false, null]);
  expect(trigger.shouldCheckpoint(1)).toEqual([true, 'preemption_notice']);
  trigger.reset();
  expect(trigger.shouldCheckpoint(1)).toEqual([true, 'preemption_notice']);
});

test('a custom rule decides on the whole progress', () => {
  const slow = ({ sequences, seconds }: { sequences: number; seconds: number }) =>
    sequences > 0 && seconds / sequences > 2 ? ('slow' as const) : null;
  const time = clock();
  const trigger = new CheckpointTrigger({ env: {}, now: time.now, policies: [slow] });
  time.pass(5);
  expect(trigger.shouldCheckpoint(3)).toEqual([false, null]);
  time.pass(5);
  const [due, reason] = trigger.shouldCheckpoint(1);
  expect([
    due,
    reason satisfies 'slow' | 'sequence_threshold' | 'time_threshold' | 'emergency_time_override' | null,
  ]).toEqual([true, 'slow']);
});

test('once due, it stays due until reset, whatever a rule or the clock returns', () => {
  const hundredth = ({ sequences }: { sequences: number }) => (sequences % 100 === 0 ? 'hundred' : null);
  const ruled = new CheckpointTrigger({ env: {}, now: () => 0, policies: [hundredth] });
  expect(ruled.shouldCheckpoint(100)).toEqual([true, 'hundred']);
  expect(ruled.shouldCheckpoint(1)).toEqual([true, 'hundred']);
  ruled.reset();
  expect(ruled.shouldCheckpoint(1)).toEqual([false, null]);
  const times = [0, 200_000, 100_000, 250_000, 301_000, 0];
  const timed = new CheckpointTrigger({ env: {}, now: () => times.shift()! });
  const due = [1, 1, 1, 1, 1].map(() => timed.shouldCheckpoint(1)[0]);
  expect(due).toEqual([false, false, false, true, true]);
});

test('a rule without a result is not due; one that returns something other than a reason is refused', () => {
  const wordless = (() => undefined) as unknown as TriggerPolicy;
  const and = (({ seconds }) => seconds > 60 && 'minute') as TriggerPolicy;
  const trigger = new CheckpointTrigger({
    seqThreshold: 2,
    env: {},
    now: () => 0,
    policies: [wordless, and],
  });
  expect(trigger.shouldCheckpoint(1)).toEqual([false, null]);
  expect(trigger.shouldCheckpoint(1)).toEqual([true, 'sequence_threshold']);
  const later = (async () => 'late') as unknown as TriggerPolicy;
  expect(() => new CheckpointTrigger({ env: {}, policies: [later] }).shouldCheckpoint(1)).toThrow(TypeError);
});

test('nothing a rule does overrides the emergency', () => {
  const time = clock();
  const throwing = () => {
    throw new Error('rule');
  };
  const trigger = new CheckpointTrigger({ env: {}, now: time.now, policies: [throwing] });
  expect(() => trigger.shouldCheckpoint(1)).toThrow('rule');
  time.pass(600);
  expect(trigger.shouldCheckpoint(1)).toEqual([true, 'emergency_time_override']);
  const meddling = ((progress: { sequences: number }) => {
    progress.sequences = 0;
    return null;
  }) as TriggerPolicy;
  const frozen = new CheckpointTrigger({ seqThreshold: 1, env: {}, policies: [meddling] });
  expect(() => frozen.shouldCheckpoint(1)).toThrow(TypeError);
  expect(Object.isFrozen(frozen.thresholds)).toBe(true);
});

test('options of other types are refused when they are passed', () => {
  for (const policies of ['ab', [3], {}])
    expect(() => new CheckpointTrigger({ env: {}, policies: policies as never })).toThrow(TypeError);
  for (const time of [Number.NaN, undefined])
    expect(() => new CheckpointTrigger({ env: {}, now: () => time as number })).toThrow('clock');
  expect(() => new CheckpointTrigger({ env: {}, foo: undefined } as never)).toThrow('unknown option `foo`');
});
