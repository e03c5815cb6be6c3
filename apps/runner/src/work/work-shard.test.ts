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

/** Embeds the first shard; stops after `stopAfter` batches of this attempt. */
async function work(
  stopAfter = Number.POSITIVE_INFINITY,
  model = countingModel(),
  batches: number[] = [],
  isolation?: Isolation,
) {
  const reported = {
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
        void Object.assign(reported, { resumed: sequences, fault, aside }),
      progress: async (count) => {
        reported.progress += count;
      },
      batch: (batch) => void reported.batches.push(batch),
      checkpoint: async ({ sequences }) => {
        reported.checkpointed += sequences;
      },
    },
  });
  return { complete, model, reported };
}

const numbers = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

/** All rows of a shard's checkpoints, their IDs, and how many of them lost tokens. */
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

/** All in one bucket: longest first. */
const planned = [...sequences.keys()].sort((a, b) => sequences[b]!.length - sequences[a]!.length || a - b);

const due = () => {
  const part = planned.slice(0, shards[0]!.endPosition);
  return {
    rows: part.flatMap((each) => [sequences[each]!.length, 65, 84]),
    ids: part.map((each) => `s${each}`),
  };
};

test('a whole shard: every row once, under its ID, in checkpoints by the trigger', async () => {
  const { complete, model, reported } = await work();
  expect(complete).toBe(true);
  expect(await saved(folder)).toEqual(due());
  const count = shards[0]!.endPosition;
  const batches = numbers(0, shards[0]!.endBatch);
  expect(reported).toEqual({
    resumed: 0,
    fault: null,
    aside: [],
    progress: count,
    checkpointed: count,
    batches,
  });
  expect(model.sequences).toBe(count);
  expect((await readdir(folder)).filter((name) => name.endsWith('.done')).length).toBeGreaterThan(2);
  expect(await manifest.getCompletedShards()).toEqual([0]);
});

test('a stop anywhere saves everything embedded, and nothing is embedded twice', async () => {
  const { endBatch } = shards[0]!;
  let embedded = 0;
  for (let life = 1; life < endBatch; life++) {
    const { complete, model, reported } = await work(1);
    expect([complete, reported.batches]).toEqual([false, [life - 1]]);
    expect(reported.resumed).toBe(embedded);
    embedded += model.sequences;
    expect(reported.checkpointed).toBe(model.sequences);
    expect(await manifest.getCompletedShards()).toEqual([]);
  }
  const last = await work();
  expect([last.complete, last.reported.batches]).toEqual([true, [endBatch - 1]]);
  expect(embedded + last.model.sequences).toBe(shards[0]!.endPosition);
  expect(await saved(folder)).toEqual(due());
});

test('everything from a damaged checkpoint on is embedded again, and the old files are set aside', async () => {
  await work();
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pt')).sort();
  await truncate(join(folder, names[1]!), 500);
  const { complete, reported } = await work();
  expect(complete).toBe(true);
  expect(reported.fault).toMatch(/batch_00001\.pt: /);
  expect(reported.aside).toEqual(names.slice(1).map((name) => join(folder, `${name}.corrupt`)));
  const first = numbers(0, index.batches).find((batch) => index.batchRange(batch)[0] === reported.resumed)!;
  expect(first).toBeGreaterThan(0);
  expect(reported.batches).toEqual(numbers(first, shards[0]!.endBatch));
  expect(await saved(folder)).toEqual(due());
});

test('what is complete is not embedded again', async () => {
  await work();
  const before = await readdir(folder);
  const { complete, reported } = await work();
  expect([complete, reported.batches, reported.aside]).toEqual([true, [], []]);
  expect(reported.resumed).toBe(shards[0]!.endPosition);
  expect(await readdir(folder)).toEqual(before);
});

test('after a failing model, everything embedded is kept, and only the rest is embedded again', async () => {
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
  const { complete, reported } = await work();
  expect(complete).toBe(true);
  expect(reported.resumed).toBe(failing.sequences);
  expect(index.batchRange(reported.batches[0]!)[0]).toBe(reported.resumed);
  expect(await saved(folder)).toEqual(due());
});

/** The counting model, which drops tokens of every sequence of more than 16 residues. */
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

test('each checkpoint counts the sequences that lost tokens, and the sum is exact after any stop', async () => {
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
    // Longest first, so the last ones lose nothing.
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

test('rows embedded before an isolation are on disk when it begins, since it may kill workers', async () => {
  const model = countingModel();
  const { embed } = model;
  const searched = 3;
  const [first] = index.batchRange(searched);
  const there: number[] = [];
  model.embed = async (batch, options) => {
    // Only once: later rows are being written meanwhile.
    if (there.length === 0 && model.sequences >= first) there.push((await saved(folder)).ids.length);
    return embed(batch, options);
  };
  trigger = new CheckpointTrigger({ seqThreshold: 1000 });
  const isolation = startIsolation(searched, 2);
  expect((await work(Number.POSITIVE_INFINITY, model, [], isolation)).complete).toBe(true);
  expect(there[0]).toBe(first);
  expect(await saved(folder)).toEqual(due());
});

test('rows with NaN or an infinity fail their batch by name; earlier rows are saved, and none of the batch', async () => {
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
      { ordinal: order[first], id: `s${order[first]}`, place: 'column 1', value: Number.NaN },
      { ordinal: order[end - 1], id: `s${order[end - 1]}`, place: 'column 2', value: -Infinity },
    ],
  });
  const { reported } = await work();
  expect([reported.resumed, reported.batches[0]]).toEqual([first, bad]);
  expect(await saved(folder)).toEqual(due());
});

test('each batch is prepared once, before the previous one is embedded, and is embedded as prepared', async () => {
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

test('a disk that refuses a checkpoint stops the work with the reason, and the shard is not complete', async () => {
  // A folder in the checkpoint's place makes the rename fail.
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

test('checkpoints of another run are set aside, not trusted', async () => {
  await work();
  const names = (await readdir(folder)).filter((name) => name.endsWith('.pt')).sort();
  const other = { ...countingModel().source, dim: DIM + 1 };
  const reported: unknown[] = [];
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
        resumed: async ({ sequences, fault, aside }) => void reported.push([sequences, fault, aside.length]),
      },
    });
    expect(complete).toBe(false);
    // Put them back for the second round.
    for (const name of names) {
      await rename(join(folder, `${name}.corrupt`), join(folder, name));
      await rename(join(folder, `${name}.corrupt.done`), join(folder, `${name}.done`));
    }
  }
  expect(reported).toEqual([
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
