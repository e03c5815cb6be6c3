import type { PoisonKind } from '@holdfast/coordinator';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  countKinds,
  NONE,
  quarantineLimit,
  quarantineLimits,
  tooManyQuarantined,
} from './quarantine-limit.js';

test.each([
  [undefined, 0, 100],
  [undefined, 10_000, 100],
  [undefined, 10_099, 100],
  [undefined, 10_100, 101],
  [undefined, 1_000_000, 10_000],
  [{ count: 0 }, 1_000_000, 0],
  [{ count: 7 }, 3, 7],
  [{ percent: 0 }, 1_000_000, 0],
  [{ percent: 100 }, 41, 41],
  [{ percent: 50 }, 41, 20],
  [{ percent: 0.57 }, 10_000, 57],
])('of %j and %i sequences, at most %i may be quarantined', (limit, sequences, most) => {
  expect(quarantineLimit(limit, sequences)).toBe(most);
});

test('a percentage is counted exactly, whatever its decimals', () => {
  const percent = fc.integer({ min: 0, max: 100_000_000 });
  fc.assert(
    fc.property(percent, fc.nat(1_000_000_000), (millionths, sequences) => {
      const exact = (BigInt(sequences) * BigInt(millionths)) / 100_000_000n;
      expect(quarantineLimit({ percent: Number(`${millionths}e-6`) }, sequences)).toBe(Number(exact));
    }),
    { numRuns: 2000 },
  );
});

test('the limit for sequences set aside while embedding is never below the default', () => {
  expect(quarantineLimits({ count: 0 }, 1000)).toEqual({ most: 0, mostSetAside: 100 });
  expect(quarantineLimits({ count: 7 }, 1_000_000)).toEqual({ most: 7, mostSetAside: 10_000 });
  expect(quarantineLimits({ count: 500 }, 1000)).toEqual({ most: 500, mostSetAside: 500 });
  expect(quarantineLimits(undefined, 1000)).toEqual({ most: 100, mostSetAside: 100 });
});

const example = (id: string) => ({ id, error: `bad\n${id}` });

const counts = (some: Partial<Record<PoisonKind, number>>) => ({ ...NONE, ...some });

test('the message counts them, names three with their errors, and gives the remedy in one line', () => {
  const message = (ids: string[]) =>
    tooManyQuarantined({
      counts: counts({ poison_input: 101 }),
      limit: 100,
      examples: ids.map(example),
      logs: 'out/logs',
    });
  const rest =
    '; the limit is 100, so the model or the input is probably broken. See out/logs for what was quarantined, then fix the cause or raise --max-quarantined, and rerun the command';
  expect(message([])).toBe(`101 sequences are quarantined${rest}`);
  expect(message(['a'])).toBe(`101 sequences are quarantined, such as a (bad a)${rest}`);
  expect(message(['a', 'b', 'c', 'd'])).toBe(
    `101 sequences are quarantined, such as a (bad a); b (bad b); c (bad c)${rest}`,
  );
});

test.each<[Partial<Record<PoisonKind, number>>, string, string]>([
  [{ oom: 3 }, '3 for lack of memory', 'with more memory'],
  [{ hang: 3 }, '3 because they made no progress', 'with a longer --stall-timeout'],
  [{ crash: 3 }, '3 because workers crashed on them', 'after you fixed why workers crashed (see out/logs)'],
])(
  'what was set aside is distinguished from what was refused, with the remedy that fits: %j',
  (some, which, remedy) => {
    const message = tooManyQuarantined({
      counts: counts(some),
      limit: 2,
      examples: [example('a')],
      logs: 'out/logs',
    });
    expect(message).toBe(
      `3 sequences are quarantined, such as a (bad a); the limit is 2. The model refused none of them; 3 were only set aside (${which}). A rerun reattempts those: rerun the command ${remedy}, or raise --max-quarantined`,
    );
  },
);

test('if both are too many, there is a remedy for each', () => {
  const some = counts({ poison_input: 2, oom: 1, hang: 1 });
  const message = tooManyQuarantined({ counts: some, limit: 3, examples: [], logs: 'l' });
  expect(message).toBe(
    '4 sequences are quarantined; the limit is 3. The model refused 2 of them; see l, and fix the model or the input; 2 were only set aside (1 for lack of memory, 1 because they made no progress). A rerun reattempts those: rerun the command with more memory, with a longer --stall-timeout, or raise --max-quarantined',
  );
});

test('a worker that died under an earlier version does not count as refused by the model', () => {
  const of = (kind: PoisonKind, error: string) => ({ kind, error });
  const list = [
    of('poison_input', 'bad'),
    of('poison_input', 'the worker died of SIGKILL'),
    of('poison_input', 'the worker made no progress for 600 s'),
    of('oom', 'e'),
  ];
  expect(countKinds(list)).toEqual({ poison_input: 1, oom: 1, crash: 1, hang: 1 });
});
