import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CoordinatorEvent } from '../events.js';
import { type PlannedWork, Progress } from './progress.js';

/**
 * Shards with these numbers of sequences. Each sequence is its own batch; its cost is constant, or given per
 * sequence.
 */
function workOf(sizes: readonly number[], tokens: (position: number) => number = () => 10): PlannedWork {
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0));
  const before = [0];
  for (let at = 0; at < (ends.at(-1) ?? 0); at++) before.push(before[at]! + tokens(at));
  return {
    shards: sizes.map((size, i) => ({ firstPosition: ends[i]! - size, endPosition: ends[i]! })),
    tokensBefore: (position) => before[position]!,
  };
}
const none = (work: PlannedWork) => work.shards.map(() => 0);

const assigned = (slot: number, shard: number) => ({ type: 'assigned', slot, shard, attempt: 1 }) as const;
const resumed = (slot: number, shard: number, sequences: number) =>
  ({ type: 'resumed', slot, shard, sequences }) as const;
const embedded = (slot: number, shard: number, sequences = 1) =>
  ({ type: 'progress', slot, shard, sequences }) as const;
const checkpoint = (slot: number, shard: number, sequences: number, endBatch: number) =>
  ({ type: 'checkpoint', slot, shard, checkpoint: 0, sequences, file: 'f', reason: 'r', endBatch }) as const;
const complete = (slot: number, shard: number) => ({ type: 'complete', slot, shard }) as const;
const exited = (slot: number) => ({ type: 'exited', slot, exitCode: null, signal: 'SIGKILL' }) as const;

function hearAll(progress: Progress, events: readonly [CoordinatorEvent, number][]) {
  for (const [event, now] of events) progress.heard(event, now);
  return progress.facts(events.at(-1)![1]);
}

test('what earlier commands saved counts immediately, even in shards that nobody has claimed', () => {
  const work = workOf([40, 40, 40]);
  const progress = new Progress(work, [40, 11, 0]);
  expect(progress.facts(0)).toEqual({ done: 51, total: 120, perSecond: null, secondsLeft: null });
  progress.heard(assigned(0, 1), 0);
  progress.heard(resumed(0, 1, 11), 0);
  expect(progress.facts(0).done).toBe(51);
});

test.each([
  ['behind', 5, 20],
  ['ahead of', 20, 5],
])(
  'a manifest that is %s the checkpoints is corrected when a worker resumes the shard',
  (_, recorded, found) => {
    const progress = new Progress(workOf([30, 30]), [30, recorded]);
    expect(progress.facts(0).done).toBe(30 + recorded);
    progress.heard(resumed(0, 1, found), 0);
    expect(progress.facts(0).done).toBe(30 + found);
  },
);

test('a manifest that counts too much counts only up to the size of the shard', () => {
  const progress = new Progress(workOf([30, 30]), [31, 1e9]);
  expect(progress.facts(0)).toMatchObject({ done: 60, secondsLeft: 0 });
});

test('the time before the first batch does not count', () => {
  const progress = new Progress(workOf([100]), [0]);
  const facts = hearAll(progress, [
    [assigned(0, 0), 600_000],
    [resumed(0, 0, 0), 900_000],
    [embedded(0, 0), 901_000],
    [embedded(0, 0), 902_000],
  ]);
  expect(facts).toEqual({ done: 2, total: 100, perSecond: 10, secondsLeft: 98 });
});

test('the time left counts tokens, so the remaining sequences may have another length', () => {
  // Long ones first, as in a plan.
  const work = workOf([20], (position) => (position < 10 ? 90 : 10));
  const progress = new Progress(work, [0]);
  const events: [CoordinatorEvent, number][] = [[resumed(0, 0, 0), 0]];
  for (let i = 1; i <= 10; i++) events.push([embedded(0, 0), i * 9000]);
  progress.heard(assigned(0, 0), 0);
  expect(hearAll(progress, events)).toEqual({ done: 10, total: 20, perSecond: 10, secondsLeft: 10 });
});

test('resumed rows do not count towards the speed', () => {
  const progress = new Progress(workOf([1000]), [400]);
  const facts = hearAll(progress, [
    [assigned(0, 0), 0],
    [resumed(0, 0, 400), 0],
    [embedded(0, 0, 100), 10_000],
  ]);
  expect(facts).toEqual({ done: 500, total: 1000, perSecond: 100, secondsLeft: 50 });
});

test('a shard that lost its worker goes back to what its checkpoints hold, and the speed is kept', () => {
  const progress = new Progress(workOf([100]), [0]);
  const facts = hearAll(progress, [
    [assigned(0, 0), 0],
    [resumed(0, 0, 0), 0],
    [embedded(0, 0, 60), 60_000],
    [exited(0), 60_100],
    [assigned(0, 0), 120_000],
    [resumed(0, 0, 50), 120_000],
  ]);
  expect(facts).toEqual({ done: 50, total: 100, perSecond: 10, secondsLeft: 50 });
});

test('sequences that a worker had not saved leave the count when it exits, whatever takes its shard later', () => {
  const saved = (rows: number, endBatch: number) => checkpoint(0, 0, rows, endBatch);
  const batch = (sequences: number, nextBatch: number) => ({ ...embedded(0, 0, sequences), nextBatch });
  const progress = new Progress(workOf([100, 100]), [10, 100]);
  const heard = (event: CoordinatorEvent) => [progress.heard(event, 1000), progress.facts(1000).done];
  expect(heard(assigned(0, 0))).toEqual([false, 110]);
  expect(heard(resumed(0, 0, 10))).toEqual([true, 110]);
  heard(batch(20, 2));
  heard(batch(20, 3));
  // One of the 20 sequences is quarantined. The batch after them is embedded while they are written.
  heard(batch(20, 4));
  expect(heard(saved(39, 3))).toEqual([false, 170]);
  expect(heard(exited(0))).toEqual([true, 150]);
  // Another one that had saved all, or had nothing, changes nothing.
  expect(heard(exited(0))).toEqual([false, 150]);
  heard(assigned(1, 0));
  expect(heard(exited(1))).toEqual([false, 150]);
});

test.each([
  ['the only one', 0, []],
  ['one of several', 0, [1, 2]],
  ['the first since the shard was resumed', 2, []],
])('the last batch of a shard, %s, stays in the count once a checkpoint has it', (_, first, others) => {
  const progress = new Progress(workOf([100]), [0]);
  progress.heard(assigned(0, 0), 0);
  progress.heard({ ...resumed(0, 0, 10 * first), nextBatch: first }, 0);
  for (const nextBatch of others) progress.heard({ ...embedded(0, 0, 20), nextBatch }, 0);
  // The one before is saved while it is embedded.
  if (others.length > 0) progress.heard(checkpoint(0, 0, 20 * others.length, others.at(-1)!), 0);
  progress.heard(embedded(0, 0, 20), 0);
  const { done } = progress.facts(0);
  expect(done).toBe(10 * first + 20 * (others.length + 1));
  // Two of its sequences are quarantined.
  progress.heard(checkpoint(0, 0, 18, first + others.length + 1), 0);
  progress.heard(exited(0), 0);
  expect(progress.facts(0).done).toBe(done);
});

test('a shard that is complete, or another task has, loses nothing more with its worker', () => {
  const progress = new Progress(workOf([10, 10]), [0, 0]);
  hearAll(progress, [
    [resumed(0, 0, 0), 0],
    [embedded(0, 0, 10), 0],
    [complete(0, 0), 0],
    [resumed(0, 1, 4), 0],
    [embedded(0, 1, 2), 0],
  ]);
  expect(progress.facts(0).done).toBe(16);
  expect(progress.heard({ type: 'claim_lost', slot: 0, shard: 1, message: 'm' }, 0)).toBe(true);
  expect(progress.facts(0).done).toBe(14);
  expect(hearAll(progress, [[exited(0), 0]]).done).toBe(14);
});

test('a worker that joins counts immediately, and one that left counts no longer', () => {
  const progress = new Progress(workOf([100, 100]), [0, 0]);
  const one: [CoordinatorEvent, number][] = [
    [assigned(0, 0), 0],
    [resumed(0, 0, 0), 0],
    [embedded(0, 0), 1000],
  ];
  expect(hearAll(progress, one).perSecond).toBe(10);
  expect(hearAll(progress, [[assigned(1, 1), 1000]]).perSecond).toBe(20);
  expect(hearAll(progress, [[exited(1), 1500]]).perSecond).toBe(10);
  expect(hearAll(progress, [[exited(0), 1500]])).toMatchObject({ perSecond: null, secondsLeft: null });
});

test('a suspension does not count as a slow batch, and two slow batches are the new speed', () => {
  const progress = new Progress(workOf([1000]), [0]);
  const events: [CoordinatorEvent, number][] = [
    [assigned(0, 0), 0],
    [resumed(0, 0, 0), 0],
  ];
  for (let i = 1; i <= 5; i++) events.push([embedded(0, 0), i * 1000]);
  events.push([embedded(0, 0), 3_600_000]);
  expect(hearAll(progress, events).perSecond).toBe(10);
  expect(hearAll(progress, [[embedded(0, 0), 3_601_000]]).perSecond).toBe(10);
  const slow: [CoordinatorEvent, number][] = [
    [embedded(0, 0), 3_701_000],
    [embedded(0, 0), 3_801_000],
  ];
  expect(hearAll(progress, slow).perSecond).toBe(0.1);
});

test('a worker that hangs does not count', () => {
  const progress = new Progress(workOf([1000, 1000]), [0, 0]);
  const events: [CoordinatorEvent, number][] = [
    [assigned(0, 0), 0],
    [assigned(1, 1), 0],
    [resumed(0, 0, 0), 0],
    [resumed(1, 1, 0), 0],
    [embedded(1, 1), 1000],
  ];
  for (let i = 1; i <= 60; i++) events.push([embedded(0, 0), i * 1000]);
  expect(hearAll(progress, events).perSecond).toBe(10);
});

const story = fc.array(
  fc.record({
    slot: fc.nat(2),
    shard: fc.nat(3),
    sequences: fc.nat(40),
    type: fc.constantFrom(
      'assigned',
      'resumed',
      'progress',
      'checkpoint',
      'complete',
      'claim_lost',
      'exited',
    ),
    batch: fc.option(fc.nat(10), { nil: undefined }),
    after: fc.nat(100_000),
  }),
);
const eventOf = ({ batch, ...event }: { type: string; slot: number; batch?: number | undefined }) =>
  ({
    ...event,
    ...(batch !== undefined && { nextBatch: batch, endBatch: batch }),
    attempt: 1,
    exitCode: 0,
    signal: null,
    message: 'm',
  }) as unknown as CoordinatorEvent;

test('with any events in any order, done stays within the total, and the other numbers are finite', () => {
  fc.assert(
    fc.property(story, fc.array(fc.nat(60), { minLength: 4, maxLength: 4 }), (events, standing) => {
      const progress = new Progress(
        workOf([30, 20, 10, 40], (at) => 1 + (at % 7)),
        standing,
      );
      let now = 0;
      for (const { after, ...rest } of events) {
        now += after;
        progress.heard(eventOf(rest), now);
        const { done, total, perSecond, secondsLeft } = progress.facts(now);
        expect(done).toBeGreaterThanOrEqual(0);
        expect(done).toBeLessThanOrEqual(total);
        if (perSecond !== null) expect(perSecond > 0 && Number.isFinite(perSecond)).toBe(true);
        if (secondsLeft !== null) expect(secondsLeft >= 0 && Number.isFinite(secondsLeft)).toBe(true);
        if (done === total) expect(secondsLeft).toBe(0);
      }
    }),
  );
});

test('done only falls when a worker exits or loses its claim, or a shard is resumed behind its old position', () => {
  fc.assert(
    fc.property(story, (events) => {
      const progress = new Progress(workOf([30, 20, 10, 40]), [0, 0, 0, 0]);
      let now = 0;
      let before = 0;
      for (const { after, ...rest } of events) {
        now += after;
        progress.heard(eventOf(rest), now);
        const { done } = progress.facts(now);
        if (!['resumed', 'exited', 'claim_lost'].includes(rest.type))
          expect(done).toBeGreaterThanOrEqual(before);
        before = done;
      }
    }),
  );
});

test('once a worker has exited or lost its claim, done is what the checkpoints hold', () => {
  // A batch has sequences, some of them quarantined. A shard has at least one batch.
  const batch = fc
    .tuple(fc.integer({ min: 1, max: 9 }), fc.nat(9))
    .map(([size, refused]) => ({ size, rows: Math.max(0, size - refused) }));
  const shards = fc.array(fc.array(batch, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 });
  const steps = fc.array(
    fc.record({
      shard: fc.nat(2),
      // How many batches are embedded before each checkpoint, and how many of them that has.
      saves: fc.array(fc.tuple(fc.nat(3), fc.nat(3)), { maxLength: 4 }),
      ends: fc.constantFrom('exited', 'claim_lost', 'complete'),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(shards, steps, (batches, lives) => {
      const sizes = batches.map((each) => each.reduce((sum, { size }) => sum + size, 0));
      const progress = new Progress(workOf(sizes), none(workOf(sizes)));
      const saved = batches.map(() => 0);
      const sequences = (shard: number, end: number) =>
        batches[shard]!.slice(0, end).reduce((sum, { size }) => sum + size, 0);
      for (const { shard: asked, saves, ends } of lives) {
        const shard = asked % batches.length;
        const all = batches[shard]!;
        // A worker names no batch after the last one.
        const blame = (next: number) => (next < all.length ? { nextBatch: next } : {});
        let next = saved[shard]!;
        progress.heard(assigned(0, shard), 0);
        progress.heard({ ...resumed(0, shard, sequences(shard, next)), ...blame(next) }, 0);
        const embed = () => progress.heard({ ...embedded(0, shard, all[next - 1]!.size), ...blame(next) }, 0);
        const save = (end: number) => {
          if (end <= saved[shard]!) return;
          const rows = all.slice(saved[shard]!, end).reduce((sum, each) => sum + each.rows, 0);
          progress.heard(checkpoint(0, shard, rows, end), 0);
          saved[shard] = end;
        };
        for (const [more, unsaved] of ends === 'complete' ? [...saves, [all.length, 0] as const] : saves) {
          for (let left = more; left > 0 && next < all.length; left--) {
            next++;
            embed();
          }
          save(next - unsaved);
        }
        if (ends === 'complete') progress.heard(complete(0, shard), 0);
        if (ends === 'claim_lost') progress.heard({ type: 'claim_lost', slot: 0, shard, message: 'm' }, 0);
        progress.heard(exited(0), 0);
        const held = saved.reduce((sum, end, each) => sum + sequences(each, end), 0);
        expect(progress.facts(0).done).toBe(held);
      }
    }),
  );
});

/**
 * Simulates workers of one speed that take shards in order, each from some moment on. Gives every event with
 * its time.
 */
function simulated(
  work: PlannedWork,
  { speed, starts, from }: { speed: number; starts: readonly number[]; from: readonly number[] },
) {
  const events: [CoordinatorEvent, number][] = [];
  const workers = starts.map((at, slot) => ({ at, slot, shard: null as number | null }));
  const ends = (worker: (typeof workers)[number]) => {
    if (worker.shard !== null) events.push([complete(worker.slot, worker.shard), worker.at]);
  };
  work.shards.forEach(({ firstPosition, endPosition }, shard) => {
    const worker = workers.toSorted((a, b) => a.at - b.at)[0]!;
    const { slot } = worker;
    // A worker gets its next shard the moment it completes one.
    ends(worker);
    events.push([assigned(slot, shard), worker.at], [resumed(slot, shard, from[shard]!), worker.at]);
    for (let at = firstPosition + from[shard]!; at < endPosition; at++) {
      worker.at += ((work.tokensBefore(at + 1) - work.tokensBefore(at)) * 1000) / speed;
      events.push([embedded(slot, shard), worker.at]);
    }
    worker.shard = shard;
  });
  for (const worker of workers) ends(worker);
  return events.toSorted(([, a], [, b]) => a - b);
}

test('with workers of constant speed the time left is right within 5 % and one shard, even if lengths vary', () => {
  const setting = fc.record({
    sizes: fc.array(fc.integer({ min: 5, max: 30 }), { minLength: 4, maxLength: 12 }),
    lengths: fc.array(fc.integer({ min: 20, max: 2000 }), { minLength: 7, maxLength: 13 }),
    done: fc.double({ min: 0, max: 0.9, noNaN: true }),
    speed: fc.integer({ min: 100, max: 100_000 }),
    startUp: fc.integer({ min: 0, max: 1_000_000 }),
    workers: fc.integer({ min: 1, max: 3 }),
    late: fc.integer({ min: 0, max: 20_000 }),
  });
  fc.assert(
    fc.property(setting, ({ sizes, lengths, done, speed, startUp, workers, late }) => {
      const work = workOf(sizes, (position) => lengths[position % lengths.length]!);
      const from = sizes.map((size) => Math.floor(size * done));
      const starts = Array.from({ length: workers }, (_, slot) => startUp + slot * late);
      const events = simulated(work, { speed, starts, from });
      const end = events.at(-1)![1];
      const shard = Math.max(
        ...work.shards.map(
          ({ firstPosition, endPosition }) =>
            work.tokensBefore(endPosition) - work.tokensBefore(firstPosition),
        ),
      );
      const progress = new Progress(work, from);
      let batches = 0;
      for (const [event, now] of events) {
        progress.heard(event, now);
        if (event.type === 'progress') batches++;
        const { secondsLeft } = progress.facts(now);
        if (event.type !== 'progress' && event.type !== 'resumed') continue;
        if (batches === 0) expect(secondsLeft).toBeNull();
        // Only once all workers have joined: a later one cannot be foreseen.
        else if (now >= starts.at(-1)! && secondsLeft !== null) {
          const right = (end - now) / 1000;
          const slack = shard / speed;
          expect(Math.abs(secondsLeft - right)).toBeLessThanOrEqual(
            0.05 * right + (workers > 1 ? slack : 1e-6),
          );
        }
      }
      expect(progress.facts(end)).toMatchObject({ secondsLeft: 0 });
    }),
  );
});

test('there is no time left before anything is embedded', () => {
  const progress = new Progress(workOf([10]), none(workOf([10])));
  expect(progress.facts(1000)).toEqual({ done: 0, total: 10, perSecond: null, secondsLeft: null });
});

test('there is no time left after one quick or cold batch, but there is after a few, or a long one', () => {
  const begun: [CoordinatorEvent, number][] = [
    [assigned(0, 0), 0],
    [resumed(0, 0, 0), 0],
  ];
  const left = (...ends: number[]) => {
    const events = ends.map((end): [CoordinatorEvent, number] => [embedded(0, 0), end]);
    return hearAll(new Progress(workOf([100]), [0]), [...begun, ...events]).secondsLeft;
  };
  expect([left(5), left(9000), left(5, 10, 15)]).toEqual([null, null, null]);
  expect([left(1000, 2000), left(10_000)]).toEqual([98, 990]);
});
