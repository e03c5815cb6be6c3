import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../failures/retry-policy.js';
import { ShardPool } from './shard-pool.js';

/** Fails a shard in slot 0, the only slot. */
const at = (now: number) => ({ now, slot: 0, open: [0] });
const failure = (kind: 'oom' | 'transient' | 'spot_preemption' | 'poison_input', batchIdx?: number) => ({
  kind,
  batchIdx,
  message: 'broken',
});

/** Takes the only shard, at whatever time, and fails it. */
function failOnce(pool: ShardPool, ...args: Parameters<typeof failure>): boolean {
  const taken = pool.take(at(Number.POSITIVE_INFINITY));
  expect(taken).not.toBeNull();
  return pool.fail(taken!.shard, failure(...args), at(0)).action !== 'give_up';
}

test('shards are assigned once each, in order, with their attempts counted', () => {
  const pool = new ShardPool([4, 2], DEFAULT_POLICY);
  expect([pool.take(at(0)), pool.take(at(0)), pool.take(at(0))]).toMatchObject([
    { shard: 4, attempt: 1 },
    { shard: 2, attempt: 1 },
    null,
  ]);
  pool.fail(4, failure('poison_input', 0), at(0));
  expect(pool.take(at(0))).toMatchObject({ shard: 4, attempt: 2 });
});

test('a failed shard waits for its back-off, a preempted one is free immediately', () => {
  const pool = new ShardPool([0, 1], DEFAULT_POLICY);
  pool.take(at(0));
  pool.take(at(0));
  pool.fail(0, failure('transient'), at(500));
  expect(pool.nextDue(500)).toBe(1500);
  expect([pool.due(1499, 0, [0]), pool.take(at(1499)), pool.due(1500, 0, [0])]).toEqual([0, null, 1]);
  pool.fail(1, failure('spot_preemption'), at(500));
  expect(pool.take(at(500))).toMatchObject({ shard: 1, attempt: 2 });
});

test('a shard whose delay is over goes before fresh ones, also on the only slot', () => {
  for (const kind of ['transient', 'spot_preemption', 'oom'] as const) {
    const pool = new ShardPool([0, 1, 2], DEFAULT_POLICY);
    pool.take(at(0));
    pool.fail(0, { ...failure(kind), how: 'killed' }, at(0));
    expect(pool.take(at(249))).toMatchObject({ shard: 1 });
    pool.complete(1);
    expect(pool.take(at(1000), false)).toMatchObject({ shard: 0, attempt: 2 });
  }
});

test('it is left to another slot than the one it failed on, and goes first there', () => {
  const pool = new ShardPool([0, 1, 2], DEFAULT_POLICY);
  const slot = (index: number) => ({ now: 5000, slot: index, open: [0, 1] });
  pool.take(slot(0));
  pool.fail(0, failure('transient'), { ...slot(0), now: 0 });
  expect(pool.take(slot(0), false)).toMatchObject({ shard: 1 });
  expect(pool.take(slot(1), false)).toMatchObject({ shard: 0 });
});

test('law: a shard whose workers are always killed does not hold up the others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.nat(11), (count, bad) => {
      const pool = new ShardPool([...Array(count).keys()], DEFAULT_POLICY);
      let kills = 0;
      const good = count - (bad < count ? 1 : 0);
      for (let now = 0; pool.completed.length < good && kills <= 4; now += 100_000) {
        const { shard } = pool.take(at(now))!;
        if (shard !== bad) pool.complete(shard);
        else pool.fail(shard, { ...failure('spot_preemption'), how: 'killed' }, at(++kills && now));
      }
      expect([pool.completed.length, kills <= 4]).toEqual([good, true]);
    }),
  );
});

test('each kind has its own budget', () => {
  const pool = new ShardPool([0], DEFAULT_POLICY);
  for (const kind of [
    'oom',
    'transient',
    'spot_preemption',
    'oom',
    'transient',
    'oom',
    'transient',
  ] as const) {
    expect(failOnce(pool, kind)).toBe(true);
  }
  expect(failOnce(pool, 'oom')).toBe(false);
  expect(pool.failed).toEqual([{ shard: 0, kind: 'oom', message: 'exhausted 3 retries: broken' }]);
  expect(pool.settled).toBe(true);
});

test('a checkpoint restores the budgets, but does not close the breaker', () => {
  const pool = new ShardPool([0], DEFAULT_POLICY);
  for (let i = 0; i < 3; i++) failOnce(pool, 'transient');
  failOnce(pool, 'poison_input', 7);
  pool.progressed(0);
  for (let i = 0; i < 3; i++) expect(failOnce(pool, 'transient')).toBe(true);
  expect(failOnce(pool, 'poison_input', 8)).toBe(true);
  expect(failOnce(pool, 'poison_input', 7)).toBe(false);
  expect(pool.failed[0]?.message).toBe('circuit breaker: batch 7 failed 2 times: broken');
});

test('the breaker counts only poison', () => {
  const pool = new ShardPool([0], DEFAULT_POLICY);
  expect(failOnce(pool, 'transient', 3)).toBe(true);
  expect(failOnce(pool, 'oom', 3)).toBe(true);
  expect(failOnce(pool, 'poison_input', 3)).toBe(true);
});

test('isolations without a checkpoint come to an end, whatever batches the failures name', () => {
  const pool = new ShardPool([0], DEFAULT_POLICY, { isolates: true });
  const died = { kind: 'transient', message: 'no thread could be started', how: 'died' } as const;
  let attempts = 0;
  while (!pool.settled && attempts++ < 100) {
    pool.take(at(Number.POSITIVE_INFINITY));
    // The isolation of batch 0 is done, and its result dies with a worker that is reported at batch 1.
    if (attempts % 2 === 1) pool.fail(0, failure('poison_input', 0), at(0));
    else pool.fail(0, { ...died, batchIdx: 1 }, at(0));
  }
  expect(pool.failed).toMatchObject([
    { shard: 0, message: expect.stringMatching(/isolations led to no checkp/) },
  ]);
});

test('an isolation waits for a slot its shard has not failed on, while there is one', () => {
  const pool = new ShardPool([0, 1], DEFAULT_POLICY, { isolates: true });
  const slot = (index: number, open = [0, 1]) => ({ now: 0, slot: index, open });
  for (let strike = 0; strike < 2; strike++) {
    expect(pool.take(slot(0))).toMatchObject({ shard: 0 });
    // Shard 1 is at work in slot 1 meanwhile.
    if (strike === 0) expect(pool.take(slot(1))).toMatchObject({ shard: 1 });
    pool.fail(0, failure('poison_input', 3), slot(0));
  }
  expect([pool.due(0, 0, [0, 1]), pool.take(slot(0)), pool.due(0, 1, [0, 1])]).toEqual([0, null, 1]);
  // Slot 1 is closed: this is the only one.
  expect(pool.due(0, 0, [0])).toBe(1);
  expect(pool.take(slot(1))).toMatchObject({ shard: 0, isolation: { batchIdx: 3 } });
  // It failed there as well, so either may go on with it.
  pool.fail(0, failure('transient'), slot(1));
  expect([pool.due(1000, 0, [0, 1]), pool.due(1000, 1, [0, 1])]).toEqual([1, 1]);
});

test('failed calls that contain a row are counted: of the whole batch, of parts of it, and of the isolation', () => {
  const pool = new ShardPool([0], DEFAULT_POLICY, { isolates: true });
  const fails = (inCall: number[] | null) => {
    pool.take(at(Number.POSITIVE_INFINITY));
    pool.fail(0, { ...failure('oom', 2), inCall }, at(0));
  };
  for (const inCall of [null, [4, 5, 6], [5, 6], [5], [5]]) fails(inCall);
  expect(pool.recovery(0)?.isolation).toMatchObject({ alone: [5], strikes: 1 });
  fails([5]);
  expect(pool.recovery(0)?.isolation?.poisoned).toMatchObject([{ row: 5, kind: 'oom', attempts: 6 }]);
  // Other batches have no counts.
  pool.progressed(0, 3);
  expect(pool.recovery(0)?.failedCalls).toEqual({});
});
