import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noFailures } from './failures/recovery.js';
import type { ShardSource, SourcedShard } from './shards/shard-feed.js';
import { good, start, working } from './testing/fake-run.js';

/** Hands out shards in order, each with a claim. */
function sourceOf(shards: readonly (number | SourcedShard)[]) {
  const left = [...shards];
  const asked: number[] = [];
  const source: ShardSource = {
    async next() {
      const next = left.shift();
      if (next === undefined) return null;
      const given = typeof next === 'number' ? { shard: next, claim: `m/${next}/1` } : next;
      asked.push(given.shard);
      return given;
    },
  };
  return { source, asked, left };
}

test('a worker gets a shard at a time from the source, with its claim, until there is none', async () => {
  const { source } = sourceOf([4, 2]);
  const { workers, outcome } = start(good, { shards: [], source });
  expect(await outcome).toEqual({ completed: [4, 2], failed: [], stopped: null });
  expect(workers.all.map(({ received }) => received)).toEqual([
    [
      { type: 'assign', shard: 4, attempt: 1, claim: 'm/4/1' },
      { type: 'assign', shard: 2, attempt: 1, claim: 'm/2/1' },
      { type: 'finish' },
    ],
  ]);
});

test('no worker is started if the source has nothing', async () => {
  const { workers, outcome } = start(good, { shards: [], source: sourceOf([]).source });
  expect(await outcome).toEqual({ completed: [], failed: [], stopped: null });
  expect(workers.all).toEqual([]);
});

test('no more shards are taken than there are workers for: others may have them', async () => {
  const { source, asked } = sourceOf([0, 1, 2, 3]);
  const { coordinator, outcome } = start(
    working(() => undefined),
    { shards: [], source, slots: 2 },
  );
  // Everything happens in microtasks; no time passes, so no worker counts as hung.
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([0, 1]);
  coordinator.stop('SIGTERM');
  expect((await outcome).stopped).toBe('SIGTERM');
});

test('a shard whose claim is lost is dropped, and is no failure; its worker goes on with the next', async () => {
  const script = working((worker, shard) =>
    worker.say(shard === 0 ? { type: 'lost', shard, message: 'taken over' } : { type: 'complete', shard }),
  );
  const { source } = sourceOf([0, 1]);
  const { outcome, of, workers } = start(script, { shards: [], source });
  expect(await outcome).toEqual({ completed: [1], failed: [], stopped: null });
  expect(of('claim_lost')).toEqual([{ type: 'claim_lost', slot: 0, shard: 0, message: 'taken over' }]);
  expect(of('failed')).toEqual([]);
  expect(workers.all).toHaveLength(1);
});

test('a shard that was lost may come again', async () => {
  const script = working((worker, shard, attempt) =>
    worker.say(
      worker.received.length === 1
        ? { type: 'lost', shard, message: `taken over at attempt ${attempt}` }
        : { type: 'complete', shard },
    ),
  );
  const { source } = sourceOf([0, { shard: 0, claim: 'm/0/3' }]);
  expect((await start(script, { shards: [], source }).outcome).completed).toEqual([0]);
});

test('failures that another coordinator counted go on being counted', async () => {
  const kept = { ...noFailures(), failures: { transient: 3 } };
  const records: [number, unknown][] = [];
  const script = working((worker, shard) => {
    worker.say({ type: 'failed', shard, error: 'EIO', message: 'read failed' });
    worker.exit(1);
  });
  const { source } = sourceOf([{ shard: 5, claim: 'm/5/2', recovery: kept }]);
  const { outcome, clock } = start(script, {
    shards: [],
    source,
    records: {
      recoveries: async () => new Map(),
      recordRecovery: async (shard, recovery) => void records.push([shard, recovery]),
      recordRedistribution: async () => undefined,
    },
  });
  await clock.drain();
  expect((await outcome).failed).toMatchObject([{ shard: 5, message: 'exhausted 3 retries: read failed' }]);
  // The record of a shard that is settled goes.
  expect(records).toEqual([[5, null]]);
});

test('a source that fails ends the run with its error, when no worker is left', async () => {
  const error = new Error('the manifest cannot be read');
  let asked = 0;
  const source = { next: async () => (asked++ === 0 ? { shard: 0, claim: 'm/0/1' } : Promise.reject(error)) };
  const { outcome, workers } = start(good, { shards: [], source });
  await expect(outcome).rejects.toBe(error);
  expect(workers.alive).toEqual([]);
});

test('law: whatever is lost or fails, each shard that the source hands out is settled or lost once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('complete', 'lost', 'dies once'), { maxLength: 12 }),
      fc.integer({ min: 1, max: 4 }),
      async (fates, slots) => {
        const script = working((worker, shard, attempt) => {
          const fate = fates[shard];
          if (fate === 'dies once' && attempt === 1) return worker.exit(1);
          if (fate === 'lost') worker.say({ type: 'lost', shard, message: 'taken over' });
          else worker.say({ type: 'complete', shard });
        });
        const { source } = sourceOf(fates.map((_, shard) => shard));
        const { outcome, clock, of } = start(script, { shards: [], source, slots });
        await clock.drain();
        const { completed, failed } = await outcome;
        const lost = of('claim_lost').map(({ shard }) => shard);
        expect(failed).toEqual([]);
        expect([...completed, ...lost].sort((a, b) => a - b)).toEqual(fates.map((_, shard) => shard));
      },
    ),
  );
});
