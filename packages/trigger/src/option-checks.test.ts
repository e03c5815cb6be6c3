import { expect, test } from 'vitest';
import { decide } from './decide.js';
import { everyBytes, firstOf, onceAborted } from './policies.js';
import { resolveThresholds, VIRAL_MODE_VARIABLE } from './thresholds.js';
import { CheckpointTrigger } from './trigger.js';

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
const create = (options: any) => new CheckpointTrigger(options);
const now = { sequences: 1, seconds: 1 };
const limits = { seqThreshold: 1, timeThresholdSec: 1, emergencyOverrideSec: 1 };
const notFunctions = [5, 'rule', {}, null];
const notCounts = [undefined, null, -1, 0.5, Number.NaN, '5'];
const notNumbersAbove0 = [0, -1, Number.NaN, '5', 5n, null, [5], {}];

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
test.each<[string, readonly any[], (value: any) => unknown]>([
  ['seqThreshold', notNumbersAbove0, (seqThreshold) => create({ seqThreshold })],
  ['timeThresholdSec', notNumbersAbove0, (timeThresholdSec) => create({ timeThresholdSec })],
  ['emergencyOverrideSec', notNumbersAbove0, (emergencyOverrideSec) => create({ emergencyOverrideSec })],
  ['policies', ['ab', {}, null, new Set()], (policies) => create({ policies })],
  ['policies[1]', notFunctions, (rule) => create({ policies: [() => null, rule] })],
  ['env', ['PATH', 5, null], (env) => create({ env })],
  ['now', notFunctions, (now) => create({ now })],
  ['seqTreshold', [5, undefined], (seqTreshold) => create({ seqTreshold })],
  ['seqTreshold', [5], (seqTreshold) => create(Object.create({ seqTreshold }))],
  ['seq_threshold', [5], (seq_threshold) => create({ seq_threshold })],
  ['', [null, 5, 'x', [], new Map()], create],
  ['seqTreshold', [5], (seqTreshold) => resolveThresholds({ seqTreshold } as never, {})],
  ['seqThreshold', notNumbersAbove0, (seqThreshold) => resolveThresholds({ seqThreshold }, {})],
  ['bytes', notNumbersAbove0, (bytes) => everyBytes(bytes)],
  ['reason', [5, '', null], (reason) => everyBytes(5, reason)],
  ['signal', [undefined, null, {}, new AbortController()], (signal) => onceAborted(signal)],
  ['reason', [5, '', null], (reason) => onceAborted(new AbortController().signal, reason)],
  ['policies[0]', notFunctions, (rule) => firstOf(rule)],
  ['progress', [null, 5], (progress) => decide(progress, limits)],
  ['progress.seconds', [undefined, -1, Number.NaN, '1'], (seconds) => decide({ ...now, seconds }, limits)],
  ['progress.second', [1], (second) => decide({ ...now, second } as never, limits)],
  [
    'thresholds.seqThreshold',
    [undefined, ...notNumbersAbove0],
    (it) => decide(now, { ...limits, seqThreshold: it }),
  ],
  ['thresholds.seqTreshold', [1], (seqTreshold) => decide(now, { ...limits, seqTreshold } as never)],
  ['batchSize', notCounts, (size) => create({ env: {} }).shouldCheckpoint(size)],
  ['batchBytes', notCounts.slice(1), (bytes) => create({ env: {} }).shouldCheckpoint(1, bytes)],
  ['env', [undefined, null, 'PATH', 5], (env) => resolveThresholds({}, env)],
  [
    'env.VIRNUCPRO_VIRAL_CHECKPOINT_MODE',
    ['1', 'yes'],
    (mode) => create({ env: { [VIRAL_MODE_VARIABLE]: mode } }),
  ],
  ['now', [Number.NaN, '5'], (time) => create({ env: {}, now: () => time })],
  [
    'policies[1]',
    [5, true, {}],
    (setting) =>
      firstOf(
        () => null,
        () => setting,
      )({ sequences: 1, seconds: 1, bytes: 1 }),
  ],
])('%s that is one of %o is refused by name', (option, values, use) => {
  for (const value of values) {
    let error: unknown = 'no error';
    try {
      use(value);
    } catch (thrown) {
      error = thrown;
    }
    expect(error, String(value)).toMatchObject({ code: 'invalid_option', option });
  }
});

test.each(['1', '0', 'yes', 'truee'])('a variable that is %j is refused by name', (setting) => {
  const env = { VIRNUCPRO_VIRAL_CHECKPOINT_MODE: setting };
  expect(() => create({ env })).toThrow(/VIRNUCPRO_VIRAL_CHECKPOINT_MODE is ".*"; set it to true or false/);
});

test('undefined options count as absent', () => {
  const options = { seqThreshold: undefined, policies: undefined, env: undefined, now: undefined };
  expect(create(options).thresholds).toEqual(new CheckpointTrigger().thresholds);
});
