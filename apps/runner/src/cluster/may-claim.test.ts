import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstShard, isEarlierStart, mayTakeFrom } from './may-claim.js';
import { ownerName } from './task.js';

const lease = { leaseMs: 1000 };
const task = fc.record({
  name: fc.constantFrom('a', 'b', 'a.1', '9_1'),
  start: fc.integer({ min: 1, max: 5 }),
});
const ownerOf = ({ name, start }: { name: string; start: number }) =>
  ownerName({ name, start, node: 'n (start 9) on x', engine: 'slurm', job: null, index: 0, count: 1 });
const silence = fc.option(fc.integer({ min: 0, max: 5000 }));

test('a law: nothing is taken from another whose beat is fresh, that has ended, or that has none', () => {
  fc.assert(
    fc.property(task, task, silence, (me, other, silentMs) => {
      fc.pre(other.name !== me.name);
      const taken = mayTakeFrom({ owner: ownerOf(other), silentMs }, me, lease);
      expect(taken).toBe(silentMs !== null && silentMs > lease.leaseMs);
    }),
  );
});

test("a law: what an earlier start of the same task has is taken at once, and a later start's as another's", () => {
  fc.assert(
    fc.property(task, fc.integer({ min: 1, max: 5 }), silence, (me, start, silentMs) => {
      const owner = ownerOf({ ...me, start });
      expect(isEarlierStart(owner, me)).toBe(start < me.start);
      const silent = silentMs !== null && silentMs > lease.leaseMs;
      expect(mayTakeFrom({ owner, silentMs }, me, lease)).toBe(start < me.start || silent);
    }),
  );
});

test('nothing is taken from an owner that is no task: it has no beat, and the kernel knows of it', () => {
  for (const silentMs of [null, 0, 1e9])
    expect(
      mayTakeFrom({ owner: 'worker 0, process 7 on n1', silentMs }, { name: 'a', start: 9 }, lease),
    ).toBe(false);
});

test('a law: each task begins at its own part of the plan', () => {
  const counts = fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 100 }));
  fc.assert(
    fc.property(counts, ([shards, count]) => {
      const firsts = Array.from({ length: count }, (_, index) => firstShard(shards, { index, count }));
      expect(firsts[0]).toBe(0);
      for (const first of firsts) expect(first).toBeLessThan(shards);
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
      if (shards >= count) expect(new Set(firsts).size).toBe(count);
      // Arrays whose places do not begin at 0, or have gaps, go around.
      expect(firstShard(shards, { index: count, count })).toBe(0);
    }),
  );
});
