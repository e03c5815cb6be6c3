import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Check, Shape } from './check.js';
import { checkOptions } from './check-options.js';
import {
  above0,
  array,
  atLeast,
  callback,
  either,
  flag,
  having,
  oneOf,
  required,
  signal,
  text,
  timer,
  whole,
  words,
} from './checks.js';
import { object } from './object.js';

interface Options {
  slots: number;
  stallMs?: number;
  how?: 'mean' | 'max';
  shards?: readonly number[];
  onEvent?: () => void;
  only?: boolean;
  name?: string;
  signal?: AbortSignal;
  limits?: { depth?: number; bytes?: number };
  output?: number | 'auto';
  clock?: { now(): number };
  pollMs?: number;
  label?: string;
  seconds?: number;
}

const shape: Shape<Options> = {
  slots: required(whole(1)),
  stallMs: atLeast(0, 'milliseconds'),
  how: oneOf(['mean', 'max']),
  shards: array(whole(0), 'whole numbers', { distinct: true }),
  onEvent: callback,
  only: flag,
  name: words,
  signal,
  limits: object<NonNullable<Options['limits']>>({ depth: whole(0), bytes: whole(0) }),
  output: either("a whole number of at least 1, or 'auto'", whole(1), oneOf(['auto'])),
  clock: having('a clock', 'now'),
  pollMs: timer,
  label: text,
  seconds: above0('seconds'),
};
const check = object<Options>(shape);
const use = (options: unknown) => () => checkOptions('work', options, check);

test('what is allowed passes, and undefined is as good as absent', () => {
  use({ slots: 1 })();
  use({ slots: 1, stallMs: undefined, limits: undefined })();
  use({
    slots: 3,
    stallMs: Number.POSITIVE_INFINITY,
    how: 'max',
    shards: [2, 0],
    onEvent: () => undefined,
    only: false,
    name: 'a',
    signal: new AbortController().signal,
    limits: { depth: 0 },
    output: 'auto',
    clock: { now: () => 0 },
    pollMs: 1,
    label: '',
    seconds: 0.5,
  })();
});

test.each<[string, unknown, string]>([
  ['stallMs', { stallMS: 5 }, 'work: unknown option `stallMS`; did you mean `stallMs`?'],
  ['stallMs', { stall_ms: 5 }, 'did you mean `stallMs`?'],
  ['stallMs', { stallMsec: undefined }, 'did you mean `stallMs`?'],
  ['shards', { shrads: [] }, 'did you mean `shards`?'],
  ['limits.depth', { limits: { depths: 5 } }, 'unknown option `limits.depths`; did you mean `limits.depth`?'],
  ['', { xyzzy: 1 }, 'unknown option `xyzzy`; known are slots, stallMs, how,'],
  ['', { constructor: 1 }, 'unknown option `constructor`'],
  ['', JSON.parse('{"__proto__": 1}'), 'unknown option `__proto__`'],
  ['', Object.create({ stallMS: 5 }), 'did you mean `stallMs`?'],
  ['', Object.create(Object.assign(Object.create(null), { stallMS: 5 })), 'did you mean `stallMs`?'],
])('an unknown name is refused, with the one that is meant: %s', (_, options, message) => {
  const full = typeof options === 'object' ? Object.assign(options as object, { slots: 1 }) : options;
  expect(use(full)).toThrow(RangeError);
  expect(use(full)).toThrow(message);
});

test.each<[keyof Options | string, unknown, ErrorConstructor, string?]>([
  ['slots', undefined, RangeError, 'slots is missing; it must be a whole number of at least 1'],
  ['slots', 0, RangeError, 'slots is 0'],
  ['slots', 1.5, RangeError],
  ['slots', Number.NaN, RangeError],
  ['slots', Number.POSITIVE_INFINITY, RangeError],
  ['slots', 2 ** 53, RangeError],
  ['slots', '3', RangeError, 'slots is "3"'],
  ['slots', 3n, RangeError, 'slots is a bigint'],
  ['slots', null, RangeError, 'slots is null'],
  ['stallMs', -1, RangeError, 'milliseconds of at least 0'],
  ['stallMs', Number.NaN, RangeError],
  ['how', 'avg', RangeError, "how is \"avg\"; it must be 'mean' or 'max'"],
  ['how', ['mean'], RangeError],
  ['how', 'toString', RangeError],
  ['shards', 'ab', TypeError],
  ['shards', { 0: 1, length: 1 }, TypeError],
  ['shards[0]', ['a'], RangeError, 'shards[0] is "a"'],
  ['shards[1]', [0, -1], RangeError],
  ['shards[1]', [0, 0.5], RangeError],
  ['shards[2]', [1, 2, 1], RangeError, 'shards[2] is 1; it must be named once only'],
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested.
  ['shards[1]', [0, , 2], RangeError],
  ['onEvent', 'log', TypeError, 'onEvent is "log"; it must be a function'],
  ['only', 'yes', TypeError],
  ['only', 0, TypeError],
  ['name', 5, TypeError],
  ['name', ' ', RangeError],
  ['signal', {}, TypeError],
  ['signal', new AbortController(), TypeError],
  ['limits', [1], TypeError],
  ['limits', 5, TypeError],
  ['limits.depth', { depth: '5' }, RangeError],
  ['output', 'full', RangeError, 'output is "full"; it must be a whole number of at least 1, or \'auto\''],
  ['output', 0, RangeError],
  ['clock', {}, TypeError, 'a clock, with now()'],
  ['pollMs', 2 ** 31, RangeError],
  ['pollMs', 0, RangeError],
  ['label', null, TypeError],
  ['seconds', 0, RangeError],
])('%s is refused as %o', (option, given, kind, message = option) => {
  const name = option.split(/[.[]/)[0]!;
  let error: unknown;
  try {
    use({ slots: 1, [name]: given })();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(kind);
  expect(error).toMatchObject({ code: 'invalid_option', of: 'work', option });
  expect((error as Error).message).toContain(message);
});

test.each(
  [null, undefined, 5, 'mean', [], [1], new Map([['slots', 1]]), new Set(), new Date(), () => 1].map(
    (options) => [options],
  ),
)('options that are %o are refused', (options) => {
  expect(use(options)).toThrow(TypeError);
  expect(use(options)).toThrow(/the options are .*; they must be an object/);
});

test('options may be of a class, of another realm, without a prototype, or inherit; what they inherit is checked', () => {
  class Given {
    slots = 1;
    get stallMs() {
      return -1;
    }
  }
  expect(use(new Given())).toThrow('stallMs is -1');
  use(runInNewContext('({ slots: 1, signal: undefined, shards: [1] })'))();
  use(Object.assign(Object.create(null), { slots: 1 }))();
  use(Object.create({ slots: 1 }))();
  expect(use(Object.create({ slots: 0 }))).toThrow('slots is 0');
});

test.each<[string, Check, unknown, string]>([
  ['a count', above0('sequences'), 0, 'it is 0; it must be a number of sequences above 0'],
  ['a time', atLeast(0, 'milliseconds'), -1, 'it is -1; it must be a number of milliseconds of at least 0'],
  ['a timer', timer, 0, 'it must be a number of milliseconds above 0, up to 2147483647'],
  ['a bare number', above0(), 0, 'it must be a number above 0'],
  ['a bare bound', atLeast(2), 0, 'it must be a number of at least 2'],
])('a refusal of %s is a sentence', (_, check, given, message) => {
  expect(() => checkOptions('work', given, check, 'it')).toThrow(message);
});

test('where there is only one option, a refusal names it', () => {
  const one = object<{ replace?: boolean }>({ replace: flag });
  expect(() => checkOptions('work', { xyzzy: 1 }, one)).toThrow(
    'unknown option `xyzzy`; the only one is `replace`',
  );
});

test('an argument without a path of its own is called what its check calls it', () => {
  const claim: Check = (given, path) => ({
    path,
    kind: 'type',
    given,
    wanted: 'a claim',
    called: 'the claim',
  });
  expect(() => checkOptions('work', undefined, claim)).toThrow(
    'work: the claim is missing; it must be a claim',
  );
});

test('what somebody puts on every object is no option of this one', () => {
  const root = Object.prototype as { polluted?: number };
  root.polluted = 1;
  try {
    use({ slots: 1 })();
  } finally {
    delete root.polluted;
  }
});

test('whatever is given, the answer is one of the two errors or none, and a message of one short line', () => {
  fc.assert(
    fc.property(fc.anything({ withBigInt: true, withNullPrototype: true, withDate: true }), (given) => {
      for (const options of [given, ...Object.keys(shape).map((name) => ({ slots: 1, [name]: given }))])
        try {
          use(options)();
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid_option' });
          expect((error as Error).message.split('\n').length).toBe(1);
        }
    }),
  );
});

test('the compiler refuses a list that is not that of the interface', () => {
  interface Two {
    must: number;
    may?: number;
  }
  const good: Shape<Two> = { must: required(whole(0)), may: whole(0) };
  // @ts-expect-error a name is missing
  const lacks: Shape<Two> = { must: required(whole(0)) };
  // @ts-expect-error there is no such option
  const more: Shape<Two> = { ...good, other: whole(0) };
  // @ts-expect-error what must be given is not required
  const lax: Shape<Two> = { must: whole(0), may: whole(0) };
  expect([good, lacks, more, lax].map((shape) => Object.keys(shape).length)).toEqual([2, 1, 3, 2]);
});
