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

test('what is set aside while embedding has a limit of at least the usual one', () => {
  expect(quarantineLimits({ count: 0 }, 1000)).toEqual({ most: 0, mostSetAside: 100 });
  expect(quarantineLimits({ count: 7 }, 1_000_000)).toEqual({ most: 7, mostSetAside: 10_000 });
  expect(quarantineLimits({ count: 500 }, 1000)).toEqual({ most: 500, mostSetAside: 500 });
  expect(quarantineLimits(undefined, 1000)).toEqual({ most: 100, mostSetAside: 100 });
});

const example = (id: string) => ({ id, error: `bad\n${id}` });

const counts = (some: Partial<Record<PoisonKind, number>>) => ({ ...NONE, ...some });

test('too many are counted, three of them named with their errors, and what to do is said in one line', () => {
  const message = (ids: string[]) =>
    tooManyQuarantined({
      counts: counts({ poison_input: 101 }),
      limit: 100,
      examples: ids.map(example),
      logs: 'out/logs',
    });
  const rest =
    '; at most 100 may be, so the model or the input is probably broken. See in out/logs what was quarantined so far, then mend what is broken, or allow more with --max-quarantined and rerun the command';
  expect(message([])).toBe(`101 sequence(s) are quarantined${rest}`);
  expect(message(['a'])).toBe(`101 sequence(s) are quarantined, such as a (bad a)${rest}`);
  expect(message(['a', 'b', 'c', 'd'])).toBe(
    `101 sequence(s) are quarantined, such as a (bad a); b (bad b); c (bad c)${rest}`,
  );
});

test.each<[Partial<Record<PoisonKind, number>>, string, string]>([
  [{ oom: 3 }, '3 for want of memory', 'with more memory'],
  [{ hang: 3 }, '3 that made no progress', 'with a longer --stall-timeout'],
  [{ crash: 3 }, '3 at which workers crashed', 'once it is clear from out/logs why workers crashed'],
])(
  'what was only set aside is told from what was refused, with the remedy that fits: %j',
  (some, which, remedy) => {
    const message = tooManyQuarantined({
      counts: counts(some),
      limit: 2,
      examples: [example('a')],
      logs: 'out/logs',
    });
    expect(message).toBe(
      `3 sequence(s) are quarantined, such as a (bad a); at most 2 may be. The model refused none of them; 3 were only set aside (${which}). What was set aside is tried again when the command is rerun: do that ${remedy}, or allow more with --max-quarantined`,
    );
  },
);

test('where both are too many, there is a remedy for each', () => {
  const some = counts({ poison_input: 2, oom: 1, hang: 1 });
  const message = tooManyQuarantined({ counts: some, limit: 3, examples: [], logs: 'l' });
  expect(message).toBe(
    '4 sequence(s) are quarantined; at most 3 may be. The model refused 2 of them, so see in l what, and mend the model or the input; 2 were only set aside (1 for want of memory, 1 that made no progress). What was set aside is tried again when the command is rerun: do that with more memory, with a longer --stall-timeout, or allow more with --max-quarantined',
  );
});

test('a worker that an earlier version lost is no word of the model', () => {
  const of = (kind: PoisonKind, error: string) => ({ kind, error });
  const list = [
    of('poison_input', 'bad'),
    of('poison_input', 'the worker died of SIGKILL'),
    of('poison_input', 'the worker made no progress for 600 s'),
    of('oom', 'e'),
  ];
  expect(countKinds(list)).toEqual({ poison_input: 1, oom: 1, crash: 1, hang: 1 });
});
