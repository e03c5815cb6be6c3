import { mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { readShard } from '@holdfast/checkpoint';
import { Coordinator, type PoisonKind, startIsolation } from '@holdfast/coordinator';
import { FakeClock, FakeWorkers } from '@holdfast/coordinator/testing';
import { InferenceError } from '@holdfast/gpu-runtime';
import { CheckpointManifest } from '@holdfast/manifest';
import { shardsOf } from '@holdfast/plan';
import { findQuarantined, reattemptedRows, ShardCursor, withReattempted } from '@holdfast/run-folder';
import { CheckpointTrigger } from '@holdfast/trigger';
import { expect, test } from 'vitest';
import { countingModel, indexed, silentReport } from '../../test/support.js';
import { retryShard } from './retry-shard.js';
import { type ShardWork, workShard } from './work-shard.js';

const sequences = Array.from({ length: 12 }, (_, i) => 'ACGT'.repeat(1 + (i % 3)));

/** A shard of 12 sequences. Rows 1 and 2 of its first batch are quarantined as this kind. */
async function withTwoLeftOut(kind: PoisonKind) {
  const { place, index } = await indexed(sequences, 48);
  const [shard] = await shardsOf(index, 1);
  const folder = place.shard(0);
  await mkdir(folder, { recursive: true });
  const manifest = new CheckpointManifest(place.manifest);
  await manifest.initialize(1);
  const poisoned = [1, 2].map((row) => ({ row, kind, attempts: 4, error: 'no' }));
  const work: ShardWork = {
    shard: shard!,
    folder,
    run: 'run',
    index,
    model: countingModel(),
    trigger: new CheckpointTrigger({ seqThreshold: 4 }),
    manifest,
    batchTokens: 48,
    isolation: { ...startIsolation(0, 2), poisoned },
    survivesFailures: true,
    stopping: () => false,
    report: silentReport(),
  };
  expect(await workShard(work)).toBe(true);
  const { isolation: _, ...again } = work;
  const found = async () =>
    (
      await findQuarantined([shard!], {
        place,
        run: 'run',
        index,
        dim: 3,
        outputs: undefined,
        signal: new AbortController().signal,
      })
    ).quarantined.map(({ position, kind }) => [position, kind]);
  const rows = async () => {
    const cursor = () => new ShardCursor(shard!, 'run', 3, index, undefined);
    const retried = await reattemptedRows(folder, cursor());
    const following = cursor();
    const all: number[] = [];
    for await (const entry of readShard(folder, { accept: following.accept })) {
      if ('fault' in entry) throw new Error(entry.fault);
      if (following.last.positions !== null) continue;
      for await (const part of withReattempted(entry.checkpoint, following.last, retried, 2))
        all.push(...part);
    }
    return all;
  };
  return { work: again, folder, manifest, found, rows };
}

/** The counting model's rows for the whole plan, longest first. */
const undisturbed = [...sequences]
  .sort((a, b) => b.length - a.length)
  .flatMap((each) => [each.length, 65, 84]);

test.each(['oom', 'crash', 'hang'] as const)(
  'a sequence set aside for %s that now succeeds gets its row in its place, as if nothing had happened',
  async (kind) => {
    const { work, found, rows, manifest } = await withTwoLeftOut(kind);
    expect(await found()).toEqual([
      [1, kind],
      [2, kind],
    ]);
    expect(await retryShard(work, 'set_aside')).toBe(true);
    expect(await found()).toEqual([]);
    expect(await rows()).toEqual(undisturbed);
    expect(await manifest.getCompletedShards()).toEqual([0]);
    // Another worker finds the shard complete with them, and sets nothing aside.
    expect(await workShard(work)).toBe(true);
    expect(await rows()).toEqual(undisturbed);
  },
);

test.each(['', '.done'])(
  'a reattempt that was killed before its last checkpoint%s was complete starts again',
  async (last) => {
    const { work, found, rows, folder } = await withTwoLeftOut('crash');
    const before = await readdir(folder);
    await retryShard(work, 'set_aside');
    const added = (await readdir(folder))
      .filter((name) => !before.includes(name) && name.endsWith('.pt'))
      .sort();
    const torn = join(folder, added.at(-1)!);
    if (last === '') await truncate(torn, 100);
    else await rm(`${torn}.done`);
    await expect(found()).rejects.toThrow('shard 0');
    expect(await retryShard(work, 'set_aside')).toBe(true);
    expect(await found()).toEqual([]);
    expect(await rows()).toEqual(undisturbed);
  },
);

test('what the model refused is reattempted only on request', async () => {
  const { work, found, rows } = await withTwoLeftOut('poison_input');
  await retryShard(work, 'set_aside');
  expect(await found()).toHaveLength(2);
  await retryShard(work, 'all');
  expect(await rows()).toEqual(undisturbed);
});

test('a new refusal by the model is final, and a stopped reattempt leaves everything as it was', async () => {
  const { work, found, folder } = await withTwoLeftOut('oom');
  const before = await readdir(folder);
  expect(await retryShard({ ...work, stopping: () => true }, 'set_aside')).toBe(false);
  expect(await readdir(folder)).toEqual(before);

  const model = countingModel();
  const { embed } = model;
  let inCall = false;
  model.embed = async (batch) => {
    if (inCall) throw new InferenceError({ model: 'm', sequences: 1, tokens: 1 }, new Error('refused'));
    return embed(batch);
  };
  const report = {
    ...silentReport(),
    calling: async () => {
      inCall = true;
    },
    returned: async () => {
      inCall = false;
    },
  };
  expect(await retryShard({ ...work, model, report }, 'set_aside')).toBe(true);
  expect(await found()).toEqual([
    [1, 'poison_input'],
    [2, 'poison_input'],
  ]);
});

test('a batch that was fully attempted before a worker died is not attempted again', async () => {
  const { work, found } = await withTwoLeftOut('crash');
  const isolation = startIsolation(1, 0, { alone: [0] });
  expect(await retryShard({ ...work, isolation }, 'set_aside')).toBe(true);
  expect(await found()).toHaveLength(2);
});

test('after a kill from outside, sequences that were already reattempted are not attempted again', async () => {
  const { work, found, manifest } = await withTwoLeftOut('crash');
  const tried: (readonly number[])[] = [];
  const workers = new FakeWorkers(async (worker, message) => {
    if (message.type === 'start') return worker.say({ type: 'ready' });
    if (message.type !== 'assign') return worker.exit(0);
    const { isolation, attempt } = message;
    const shard = 0;
    // A dead worker does nothing.
    const gone = () => new Promise<never>(() => undefined);
    const report = {
      ...silentReport(),
      async calling(batchIdx: number, rows: readonly number[], state: typeof isolation) {
        tried.push(rows);
        worker.say({ type: 'calling', shard, batchIdx, rows: [...rows], ...(state && { isolation: state }) });
        if (!rows.includes(1)) return;
        worker.exit(null, 'SIGSEGV');
        await gone();
      },
      returned: async () => worker.say({ type: 'returned', shard }),
      async checkpoint(saved: Parameters<ShardWork['report']['checkpoint']>[0]) {
        worker.say({ type: 'checkpoint', shard, ...saved });
        if (attempt > 2) return;
        worker.exit(null, 'SIGKILL');
        await gone();
      },
    };
    if (await retryShard({ ...work, isolation, report }, 'set_aside'))
      worker.say({ type: 'complete', shard });
  });
  const clock = new FakeClock();
  const coordinator = new Coordinator({
    slots: 1,
    shards: [0],
    spawn: workers.spawn,
    clock,
    isolates: true,
    // The clock does not wait for the disk.
    stallMs: 1e9,
    oomKiller: { kills: () => null },
  });
  const outcome = coordinator.run();
  const over = outcome.then(() => true);
  const turn = () => new Promise<false>((resolve) => setImmediate(() => resolve(false)));
  for (let turns = 0; turns < 100_000 && !(await Promise.race([over, turn()])); turns++)
    await clock.advance(1000);
  expect((await outcome).completed).toEqual([0]);
  expect(tried).toEqual([[1], [2]]);
  expect(await found()).toEqual([[1, 'crash']]);
  expect(await manifest.getCompletedShards()).toEqual([0]);
});

test('a shard stays complete while its sequences are reattempted, however that ends', async () => {
  const { work, manifest } = await withTwoLeftOut('oom');
  const report = {
    ...silentReport(),
    calling: async () => {
      expect(await manifest.getCompletedShards()).toEqual([0]);
      throw new Error('cut short');
    },
  };
  await expect(retryShard({ ...work, report }, 'set_aside')).rejects.toThrow('cut short');
  expect(await retryShard({ ...work, stopping: () => true }, 'set_aside')).toBe(false);
  expect(await manifest.getCompletedShards()).toEqual([0]);
  // Successes are recorded nevertheless.
  await retryShard(work, 'set_aside');
  expect(await manifest.getShardState(0)).toMatchObject({ status: 'complete', total_sequences: 12 });
});

test('reattempted rows are accepted only for quarantined sequences, under their IDs', async () => {
  const { work, folder } = await withTwoLeftOut('oom');
  await retryShard(work, 'set_aside');
  const cursor = new ShardCursor(work.shard, 'run', 3, work.index, undefined);
  const faults: string[] = [];
  for await (const entry of readShard(folder, {
    // Twice the same: the second time its rows exist already.
    accept: async (checkpoint) =>
      (await cursor.accept(checkpoint)) ??
      (cursor.last.positions === null ? null : await cursor.accept(checkpoint)),
  }))
    if ('fault' in entry) faults.push(entry.fault);
  expect(faults).toEqual(['it lists position 1 as reattempted, which is not quarantined']);
});
