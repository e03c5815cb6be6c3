import { mkdir, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { EmbeddingModel } from '@holdfast/gpu-runtime';
import { CheckpointManifest } from '@holdfast/manifest';
import { shardsOf } from '@holdfast/plan';
import { CheckpointTrigger } from '@holdfast/trigger';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countingModel, DIM, indexed, silentReport } from '../../test/support.js';
import { assemble } from '../result/assemble.js';
import { workShard } from './work-shard.js';

/** A row that identifies its sequence: the length, and two sums that depend on every residue and its place. */
function rowOf(residues: Uint8Array): number[] {
  let [plain, weighed] = [0, 0];
  residues.forEach((residue, i) => {
    plain = (plain * 31 + residue) % 65_521;
    weighed = (weighed + residue * (i + 1)) % 65_521;
  });
  return [residues.length, plain, weighed];
}

function summingModel(batchTokens: number): EmbeddingModel {
  const embed = async (batch: readonly Uint8Array[]) => {
    const longest = Math.max(...batch.map(({ length }) => length));
    expect(batch.length === 1 || batch.length * longest <= batchTokens).toBe(true);
    return Float32Array.from(batch.flatMap(rowOf));
  };
  return { ...countingModel(), embed };
}

const lengths = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 }),
  // Uniform reads, and reads that are nearly so.
  fc.array(fc.integer({ min: 20, max: 21 }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.constant(12), { minLength: 1, maxLength: 40 }),
);
const letters = fc.infiniteStream(fc.constantFrom(...'ACGT'));
const kills = fc.array(
  fc.record({
    /** Batches that this life embeds before it stops. */
    batches: fc.integer({ min: 1, max: 5 }),
    /** The damage then done to the folder; a number picks the checkpoint. */
    damage: fc.constantFrom('none' as const, 'cut' as const, 'gone' as const),
    at: fc.nat(20),
  }),
  { maxLength: 4 },
);

test('with any lengths, buckets, batches, shards and kills, row i belongs to sequence i', async () => {
  const property = fc.asyncProperty(
    lengths,
    letters,
    fc.record({ sequences: fc.integer({ min: 1, max: 45 }), residues: fc.integer({ min: 1, max: 1500 }) }),
    fc.integer({ min: 1, max: 400 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 12 }),
    kills,
    async (lengths, letters, window, batchTokens, count, seqThreshold, kills) => {
      const sequences = lengths.map((length) => [...letters.take(length)].join(''));
      const { place, index } = await indexed(sequences, batchTokens, window);
      const model = summingModel(batchTokens);
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
        for (const { batches, damage, at } of kills) {
          await live(batches);
          const names = (await readdir(folder)).filter((name) => name.endsWith('.pt'));
          const path = join(folder, names[at % names.length] ?? '');
          if (names.length > 0 && damage === 'cut') await truncate(path, 100);
          if (names.length > 0 && damage === 'gone') await rm(path);
        }
        expect(await live(Number.POSITIVE_INFINITY)).toBe(true);
      }
      const { signal } = new AbortController();
      await assemble({ place, run: 'run', index, shards, model: model.source, format: 'npy', signal });
      await index.close();
      const bytes = await readFile(place.embeddings('npy'));
      const rows = Uint8Array.from(bytes.subarray(bytes.length - sequences.length * DIM * 4));
      expect([...new Float32Array(rows.buffer)]).toEqual(
        sequences.flatMap((sequence) => rowOf(Buffer.from(sequence))),
      );
      expect(await readFile(place.ids, 'utf8')).toBe(sequences.map((_, i) => `s${i}\n`).join(''));
      await rm(place.out, { recursive: true });
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
