import { mkdir, readdir, rename, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { readShard } from '@holdfast/checkpoint';
import { type Isolation, startIsolation } from '@holdfast/coordinator';
import { CheckpointManifest } from '@holdfast/manifest';
import { type SequenceIndex, type Shard, shardsOf } from '@holdfast/plan';
import type { Layout } from '@holdfast/run-folder';
import { CheckpointTrigger } from '@holdfast/trigger';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { countingModel, DIM, indexed, silentReport } from '../../test/support.js';
import { NonFiniteRowsError } from './non-finite-rows-error.js';
import { workShard } from './work-shard.js';

const SEQ_THRESHOLD = 4;
const sequences = Array.from({ length: 60 }, (_, i) => 'ACGT'.repeat(1 + (i % 5)));

let place: Layout;
let index: SequenceIndex;
let shards: Shard[];
let manifest: CheckpointManifest;
let folder: string;
let trigger: CheckpointTrigger<string>;
beforeEach(async () => {
  trigger = new CheckpointTrigger({ seqThreshold: SEQ_THRESHOLD });
  ({ place, index } = await indexed(sequences, 60));
  shards = await shardsOf(index, 2);
  folder = place.shard(0);
  await mkdir(folder, { recursive: true });
  manifest = new CheckpointManifest(place.manifest);
  await manifest.initialize(2);
});
afterEach(() => index.close());

/** Works on the first shard; stops after `stopAfter` batches of this attempt. */
async function work(
  stopAfter = Number.POSITIVE_INFINITY,
  model = countingModel(),
  batches: number[] = [],
  isolation?: Isolation,
) {
  const told = {
    resumed: -1,
    fault: null as string | null,
    aside: [] as readonly string[],
    progress: 0,
    checkpointed: 0,
    batches,
  };
  const complete = await workShard({
    shard: shards[0]!,
    folder,
    run: 'run',
    index,
    model,
    trigger,
    manifest,
    batchTokens: 60,
    isolation,
    survivesFailures: true,
    stopping: () => model.batches >= stopAfter,
    report: {
      ...silentReport(),
      resumed: async ({ sequences, fault, aside }) =>
        void Object.assign(told, { resumed: sequences, fault, aside }),
      progress: async (count) => {
        told.progress += count;
      },
      batch: (batch) => void told.batches.push(batch),
      checkpoint: async ({ sequences }) => {
        told.checkpointed += sequences;
      },
    },
  });
  return { complete, model, told };
}

const numbers = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

/** All rows of a shard's checkpoints, their IDs, and of how many of them tokens were left out. */
async function savedWithCounts(folder: string) {
  const rows: number[] = [];
  const ids: string[] = [];
  const truncated: unknown[] = [];
  for await (const entry of readShard(folder)) {
    if ('fault' in entry) throw new Error(entry.fault);
    rows.push(...(await entry.checkpoint.readRows()));
    ids.push(...entry.checkpoint.sequenceIds);
    truncated.push(entry.checkpoint.metadata.get('truncated'));
  }
  return { rows, ids, truncated };
}
const saved = async (folder: string) => {
  const { rows, ids } = await savedWithCounts(folder);
  return { rows, ids };
};

/** All in one window: longest first. */
const planned = [...sequences.keys()].sort((a, b) => sequences[b]!.length - sequences[a]!.length || a - b);

const due = () => {
  const part = planned.slice(0, shards[0]!.endPosition);
  return {
    rows: part.flatMap((each) => [sequences[each]!.length, 65, 84]),
    ids: part.map((each) => `s${each}`),
  };
};

test('a shard from its beginning to its end: every row once, under its ID, in checkpoints by the trigger', async () => {
  const { complete, model, told } = await work();
  expect(complete).toBe(true);
  expect(await saved(folder)).toEqual(due());
  const count = shards[0]!.endPosition;
  const batches = numbers(0, shards[0]!.endBatch);
  expect(told).toEqual({ resumed: 0, fault: null, aside: [], progress: count, checkpointed: count, batches });
  expect(model.sequences).toBe(count);
  expect((await readdir(folder)).filter((name) => name.endsWith('.done')).length).toBeGreaterThan(2);
  expect(await manifest.getCompletedShards()).toEqual([0]);
});

test('stopped anywhere, all that was embedded is saved, and nothing is embedded twice', async () => {
  const { endBatch } = shards[0]!;
  let embedded = 0;
  for (let life = 1; life < endBatch; life++) {
    const { complete, model, told } = await work(1);
    expect([complete, told.batches]).toEqual([false, [life - 1]]);
    expect(told.resumed).toBe(embedded);
    embedded += model.sequences;
    expect(told.checkpointed).toBe(model.sequences);
    expect(await manifest.getCompletedShards()).toEqual([]);
  }
  const last = await work();
  expect([last.complete, last.told.batches]).toEqual([true, [endBatch - 1]]);
  expect(embedded + last.model.sequences).toBe(shards[0]!.endPosition);
  expect(await saved(folder)).toEqual(due());
});

test('from a damaged checkpoint on all is embedded again, and what was there is moved aside', async () => {
  await work();
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pt')).sort();
  await truncate(join(folder, names[1]!), 500);
  const { complete, told } = await work();
  expect(complete).toBe(true);
  expect(told.fault).toMatch(/batch_00001\.pt: /);
  expect(told.aside).toEqual(names.slice(1).map((name) => join(folder, `${name}.corrupt`)));
  const first = numbers(0, index.batches).find((batch) => index.batchRange(batch)[0] === told.resumed)!;
  expect(first).toBeGreaterThan(0);
  expect(told.batches).toEqual(numbers(first, shards[0]!.endBatch));
  expect(await saved(folder)).toEqual(due());
});

test('what is complete is not embedded again', async () => {
  await work();
  const before = await readdir(folder);
  const { complete, told } = await work();
  expect([complete, told.batches, told.aside]).toEqual([true, [], []]);
  expect(told.resumed).toBe(shards[0]!.endPosition);
  expect(await readdir(folder)).toEqual(before);
});

test('after a model that fails, all that was embedded is there, and only the rest is embedded again', async () => {
  const failing = countingModel();
  const embed = failing.embed;
  const broken = new Error('device lost');
  failing.embed = async (batch, ...rest) => {
    if (failing.batches === shards[0]!.endBatch - 1) throw broken;
    return embed(batch, ...rest);
  };
  const blamed: number[] = [];
  await expect(work(Number.POSITIVE_INFINITY, failing, blamed)).rejects.toBe(broken);
  expect(blamed.at(-1)).toBe(shards[0]!.endBatch - 1);
  expect(await manifest.getCompletedShards()).toEqual([]);
  const { complete, told } = await work();
  expect(complete).toBe(true);
  expect(told.resumed).toBe(failing.sequences);
  expect(index.batchRange(told.batches[0]!)[0]).toBe(told.resumed);
  expect(await saved(folder)).toEqual(due());
});

/** The counting model, which leaves something out of every sequence of more than 16 residues. */
function truncatingModel() {
  const model = countingModel();
  const { embed } = model;
  model.embed = async (batch, options) => {
    batch.forEach(({ length }, at) => {
      if (length > 16) options?.onTruncated?.(at);
    });
    return embed(batch);
  };
  return model;
}
const tooLong = () => due().ids.filter((id) => sequences[Number(id.slice(1))]!.length > 16).length;

test('each checkpoint says of how many sequences tokens were left out, and whatever is stopped, the sum is exact', async () => {
  const { endBatch } = shards[0]!;
  expect(tooLong()).toBeGreaterThan(10);
  for (const stopAfter of [1, 3, endBatch]) {
    await rm(folder, { recursive: true });
    await mkdir(folder);
    for (let life = 0, complete = false; !complete; life++) {
      expect(life).toBeLessThan(endBatch);
      ({ complete } = await work(stopAfter, truncatingModel()));
    }
    const { truncated, ...rest } = await savedWithCounts(folder);
    expect(rest).toEqual(due());
    expect(truncated.reduce<number>((sum, each) => sum + Number(each ?? 0), 0)).toBe(tooLong());
    // Longest first, so that the last ones have nothing to say.
    expect(truncated.at(-1)).toBeUndefined();
    expect(truncated).not.toContain(0);
  }
});

test('a batch that is embedded, refused and embedded again counts once', async () => {
  const model = truncatingModel();
  const { embed } = model;
  model.embed = async (batch, options) => {
    const rows = await embed(batch, options);
    if (model.batches === 2) rows[0] = Number.NaN;
    return rows;
  };
  await expect(work(Number.POSITIVE_INFINITY, model)).rejects.toThrow(NonFiniteRowsError);
  expect((await work(Number.POSITIVE_INFINITY, model)).complete).toBe(true);
  const { truncated } = await savedWithCounts(folder);
  expect(truncated.reduce<number>((sum, each) => sum + Number(each ?? 0), 0)).toBe(tooLong());
});

test('when a search begins, what was embedded before is on the disk: workers may be lost in it', async () => {
  const model = countingModel();
  const { embed } = model;
  const searched = 3;
  const [first] = index.batchRange(searched);
  const there: number[] = [];
  model.embed = async (batch, options) => {
    // Once, since what is embedded later is being written meanwhile.
    if (there.length === 0 && model.sequences >= first) there.push((await saved(folder)).ids.length);
    return embed(batch, options);
  };
  trigger = new CheckpointTrigger({ seqThreshold: 1000 });
  const isolation = startIsolation(searched, 2);
  expect((await work(Number.POSITIVE_INFINITY, model, [], isolation)).complete).toBe(true);
  expect(there[0]).toBe(first);
  expect(await saved(folder)).toEqual(due());
});

test('rows with NaN or an infinity fail their batch, named; those before it are saved, none of it is', async () => {
  const model = countingModel();
  const embed = model.embed;
  const bad = 3;
  model.embed = async (batch, ...rest) => {
    const rows = await embed(batch, ...rest);
    if (model.batches === bad + 1) {
      rows[1] = Number.NaN;
      rows[rows.length - 1] = -Infinity;
    }
    return rows;
  };
  const error = await work(Number.POSITIVE_INFINITY, model).catch((error: unknown) => error);
  const [first, end] = index.batchRange(bad);
  const { order } = await index.bucketAt(first);
  expect(error).toBeInstanceOf(NonFiniteRowsError);
  expect(error).toMatchObject({
    code: 'non_finite',
    batch: bad,
    sequences: [
      { ordinal: order[first], id: `s${order[first]}`, column: 1, value: Number.NaN },
      { ordinal: order[end - 1], id: `s${order[end - 1]}`, column: 2, value: -Infinity },
    ],
  });
  const { told } = await work();
  expect([told.resumed, told.batches[0]]).toEqual([first, bad]);
  expect(await saved(folder)).toEqual(due());
});

test('each batch is prepared once, the next before one is embedded, and then embedded as it was prepared', async () => {
  const model = countingModel();
  const { embed } = model;
  const prepared: (readonly Uint8Array[])[] = [];
  const { endBatch } = shards[0]!;
  model.prepare = (batch) => void prepared.push(batch);
  model.embed = async (batch) => {
    expect(prepared.indexOf(batch)).toBe(model.batches);
    expect(prepared).toHaveLength(Math.min(model.batches + 2, endBatch));
    return embed(batch);
  };
  expect((await work(Number.POSITIVE_INFINITY, model)).complete).toBe(true);
  expect(await saved(folder)).toEqual(due());
});

test('a disk that refuses a checkpoint ends the work with the reason, and the shard is not complete', async () => {
  // A folder where the checkpoint should be, as the rename meets it.
  const first = join(folder, 'batch_00000.pt');
  const model = countingModel();
  const embed = model.embed;
  model.embed = async (batch, ...rest) => {
    if (model.batches === 0) await mkdir(join(first, 'in the way'), { recursive: true });
    return embed(batch, ...rest);
  };
  await expect(work(Number.POSITIVE_INFINITY, model)).rejects.toThrow('batch_00000.pt');
  expect(await manifest.getCompletedShards()).toEqual([]);
});

test('checkpoints of another run are moved aside, not believed', async () => {
  await work();
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pt')).sort();
  const other = { ...countingModel().source, dim: DIM + 1 };
  const told: unknown[] = [];
  for (const [run, model] of [
    ['another run', countingModel()],
    ['run', { ...countingModel(), source: other }],
  ] as const) {
    const complete = await workShard({
      shard: shards[0]!,
      folder,
      run,
      index,
      model,
      trigger: new CheckpointTrigger({}),
      manifest,
      batchTokens: 60,
      survivesFailures: true,
      stopping: () => true,
      report: {
        ...silentReport(),
        resumed: async ({ sequences, fault, aside }) => void told.push([sequences, fault, aside.length]),
      },
    });
    expect(complete).toBe(false);
    // For the second round they are put back.
    for (const name of names) {
      await rename(join(folder, `${name}.corrupt`), join(folder, name));
      await rename(join(folder, `${name}.corrupt.done`), join(folder, `${name}.done`));
    }
  }
  expect(told).toEqual([
    [0, expect.stringContaining('another run'), names.length],
    [0, expect.stringContaining(`shape mismatch`), names.length],
  ]);
});

test('however the work is cut into shards, the rows are the same', async () => {
  const results = [];
  for (const count of [1, 3, 7]) {
    const rows: number[] = [];
    const ids: string[] = [];
    manifest = new CheckpointManifest(join(place.out, `manifest-${count}.json`));
    shards = await shardsOf(index, count);
    await manifest.initialize(count);
    for (const shard of [...shards]) {
      shards = [shard];
      folder = join(place.out, `of-${count}`, `shard_${shard.shard}`);
      await mkdir(folder, { recursive: true });
      expect((await work()).complete).toBe(true);
      const part = await saved(folder);
      rows.push(...part.rows);
      ids.push(...part.ids);
    }
    results.push({ rows, ids });
  }
  expect(results[0]!.ids).toEqual(planned.map((each) => `s${each}`));
  expect(results[1]).toEqual(results[0]);
  expect(results[2]).toEqual(results[0]);
});
