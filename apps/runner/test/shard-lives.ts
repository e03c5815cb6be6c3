import { mkdir, readdir, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddingModel } from '@holdfast/gpu-runtime';
import { CheckpointManifest } from '@holdfast/manifest';
import { type SequenceIndex, type Shard, shardsOf } from '@holdfast/plan';
import type { Layout } from '@holdfast/run-folder';
import { CheckpointTrigger } from '@holdfast/trigger';
import fc from 'fast-check';
import { expect } from 'vitest';
import { workShard } from '../src/work/work-shard.js';
import { silentReport } from './support.js';

/** Where the lives of a shard's workers end. */
export const kills = (most: { batches: number; kills: number }) =>
  fc.array(
    fc.record({
      /** Batches that this life embeds before it stops. */
      batches: fc.integer({ min: 1, max: most.batches }),
      /** The damage then done to the folder; a number picks the checkpoint. */
      damage: fc.constantFrom('none' as const, 'cut' as const, 'gone' as const),
      at: fc.nat(20),
    }),
    { maxLength: most.kills },
  );

type Kills = ReturnType<typeof kills> extends fc.Arbitrary<infer T> ? T : never;

/** Completes every shard of a plan, in several lives each. */
export async function completeShards(
  { place, index, model }: { place: Layout; index: SequenceIndex; model: EmbeddingModel },
  {
    count,
    batchTokens,
    seqThreshold,
    lives,
  }: { count: number; batchTokens: number; seqThreshold: number; lives: Kills },
): Promise<Shard[]> {
  const shards = await shardsOf(index, count);
  await mkdir(place.checkpoints);
  const manifest = new CheckpointManifest(place.manifest);
  await manifest.initialize(shards.length);
  for (const shard of shards) {
    const folder = place.shard(shard.shard);
    await mkdir(folder);
    const live = async (batches: number) => {
      let begun = 0;
      return workShard({
        shard,
        folder,
        run: 'run',
        index,
        model,
        trigger: new CheckpointTrigger({ seqThreshold }),
        manifest,
        batchTokens,
        survivesFailures: true,
        stopping: () => begun >= batches,
        report: { ...silentReport(), batch: () => void begun++ },
      });
    };
    for (const { batches, damage, at } of lives) {
      await live(batches);
      const names = (await readdir(folder)).filter((name) => name.endsWith('.pt'));
      const path = join(folder, names[at % names.length] ?? '');
      if (names.length > 0 && damage === 'cut') await truncate(path, 100);
      if (names.length > 0 && damage === 'gone') await rm(path);
    }
    expect(await live(Number.POSITIVE_INFINITY)).toBe(true);
  }
  return shards;
}
