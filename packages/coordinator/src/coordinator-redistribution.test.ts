import { expect, test } from 'vitest';
import type { ShardRecords } from './options.js';
import { good, start, working } from './testing/fake-run.js';

/** Records in memory, as a manifest keeps them: as JSON. */
function records(kept: Record<number, unknown> = {}) {
  const store = new Map(Object.entries(kept).map(([shard, value]) => [Number(shard), JSON.stringify(value)]));
  const redistributed: [number, number][] = [];
  const of: ShardRecords = {
    recoveries: async () => new Map([...store].map(([shard, text]) => [shard, JSON.parse(text) as unknown])),
    async recordRecovery(shard, recovery) {
      if (recovery === null) store.delete(shard);
      else store.set(shard, JSON.stringify(recovery));
    },
    recordRedistribution: async (shard, to) => void redistributed.push([shard, to]),
  };
  return { of, store, redistributed };
}

test('a shard out of retries on one slot goes to a healthy one, completes there, and is recorded', async () => {
  const { of, redistributed } = records();
  let held = true;
  const run = start(
    working(async (worker, shard) => {
      if (worker.slot === 0) return shard === 0 ? worker.exit(1) : worker.say({ type: 'complete', shard });
      // Busy with another shard until the first slot is out of retries.
      if (shard === 1) while (held) await run.clock.sleep(1000, new AbortController().signal);
      worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1], slots: 2, records: of },
  );
  await run.clock.advance(20_000);
  expect(run.of('failed')).toHaveLength(4);
  held = false;
  await run.clock.drain();
  expect(await run.outcome).toMatchObject({ completed: [1, 0], failed: [] });
  expect(run.of('redistributed')).toEqual([{ type: 'redistributed', shard: 0, from: 0, to: 1 }]);
  expect(redistributed).toEqual([[0, 1]]);
});

test('a shard that fails on every slot has failed, once each has spent its retries', async () => {
  const reported: number[] = [];
  const run = start(
    working((worker, shard) => (shard === 0 ? worker.exit(1) : worker.say({ type: 'complete', shard }))),
    { shards: [0, 1, 2], slots: 2, onShardFailed: async (shard) => void reported.push(shard) },
  );
  await run.clock.drain();
  expect((await run.outcome).failed).toMatchObject([{ shard: 0, kind: 'transient' }]);
  expect(reported).toEqual([0]);
});

test('a shard prefers a slot it has not failed on', async () => {
  const tried: number[] = [];
  const run = start(
    working((worker, shard) => {
      if (shard !== 0) return worker.say({ type: 'complete', shard });
      tried.push(worker.slot);
      if (tried.length === 1) worker.exit(null, 'SIGKILL');
      else worker.say({ type: 'complete', shard });
    }),
    { shards: [0, 1, 2, 3], slots: 2 },
  );
  await run.clock.drain();
  expect(new Set(tried).size).toBe(2);
});

test('a restarted coordinator goes on counting, and forgets settled shards', async () => {
  const { of, store } = records();
  const failing = working((worker, shard) => {
    worker.say({ type: 'failed', shard, error: 'EIO', message: 'read failed' });
    worker.exit(1);
  });
  const first = start(failing, { shards: [0], records: of });
  // Two retries are spent when the coordinator is killed.
  await first.clock.advance(1500);
  expect(JSON.parse(store.get(0)!)).toMatchObject({ failures: { transient: 2 } });
  const second = start(failing, { shards: [0], records: of });
  await second.clock.drain();
  expect(second.of('failed')).toHaveLength(2);
  expect((await second.outcome).failed).toMatchObject([{ shard: 0 }]);
  // A rerun after that is deliberate: counting restarts.
  expect(store.size).toBe(0);
});

test('invalid records are no reason to fail, and nothing is recorded for a shard that succeeds', async () => {
  const { of, store } = records({ 0: { failures: 'many' }, 1: [1, 2] });
  const run = start(good, { shards: [0, 1], records: of });
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0, 1]);
  expect([...store.keys()]).toEqual([0, 1]);
});

test('a failure to record is reported, and the run goes on', async () => {
  const run = start(
    working((worker, shard, attempt) =>
      attempt === 1 ? worker.exit(1) : worker.say({ type: 'complete', shard }),
    ),
    {
      shards: [0],
      records: { ...records().of, recordRecovery: () => Promise.reject(new Error('disk full')) },
    },
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(run.of('unrecorded')[0]).toMatchObject({ shard: 0, message: 'disk full' });
});

test('test_retry_worker_validates_checkpoint_before_respawn: an invalid folder is not retried', async () => {
  const looked: number[] = [];
  const run = start(
    working((worker, shard) => (shard === 1 ? worker.exit(1) : worker.say({ type: 'complete', shard }))),
    {
      shards: [0, 1, 2],
      validateShard: async (shard) => {
        looked.push(shard);
        return false;
      },
    },
  );
  await run.clock.drain();
  expect(looked).toEqual([1]);
  expect(run.of('assigned').filter(({ shard }) => shard === 1)).toHaveLength(1);
  expect(await run.outcome).toMatchObject({
    completed: [0, 2],
    failed: [{ shard: 1, message: expect.stringMatching(/^its checkpoints are invalid: /) }],
  });
});

test('a folder check on a disk that does not answer is retried before the shard is given up on', async () => {
  const looking = (failures: number) => {
    let looks = 0;
    const run = start(
      working((worker, shard, attempt) =>
        attempt === 1 ? worker.exit(143) : worker.say({ type: 'complete', shard }),
      ),
      {
        shards: [0],
        validateShard: async () => {
          if (looks++ < failures) throw new Error('EIO');
          return true;
        },
      },
    );
    return { run, looks: () => looks };
  };
  const passes = looking(3);
  await passes.run.clock.drain();
  expect((await passes.run.outcome).completed).toEqual([0]);
  const stays = looking(Number.POSITIVE_INFINITY);
  await stays.run.clock.drain();
  expect((await stays.run.outcome).failed).toMatchObject([
    { shard: 0, message: expect.stringMatching(/^its checkpoints cannot be checked \(EIO\)/) },
  ]);
  expect([stays.looks(), stays.run.clock.now()]).toEqual([4, 1000 + 2000 + 4000]);
  // A stop does not wait for the next check.
  const stopped = looking(Number.POSITIVE_INFINITY);
  await stopped.run.clock.advance(500);
  stopped.run.coordinator.stop('SIGTERM');
  expect(await stopped.run.outcome).toMatchObject({ completed: [], failed: [], stopped: 'SIGTERM' });
  expect(stopped.looks()).toBe(1);
  expect(stopped.run.clock.pending).toEqual([]);
});

test('validateShard may be a method of the options that uses its `this`', async () => {
  const looked: number[] = [];
  const options = {
    shards: [0],
    async validateShard(this: { shards: number[] }, shard: number) {
      if (this.shards.includes(shard)) looked.push(shard);
      return true;
    },
  };
  const run = start(
    working((worker, shard, attempt) =>
      attempt === 1 ? worker.exit(143) : worker.say({ type: 'complete', shard }),
    ),
    options,
  );
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
  expect(looked).toEqual([0]);
});

test('a shard is not assigned while its folder is checked', async () => {
  let valid: (good: boolean) => void = () => undefined;
  const run = start(
    working((worker, shard, attempt) =>
      attempt === 1 ? worker.exit(143) : worker.say({ type: 'complete', shard }),
    ),
    { shards: [0], slots: 2, validateShard: () => new Promise((resolve) => (valid = resolve)) },
  );
  await run.clock.advance(100_000);
  expect(run.of('assigned')).toHaveLength(1);
  valid(true);
  await run.clock.drain();
  expect((await run.outcome).completed).toEqual([0]);
});
