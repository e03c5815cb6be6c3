import { readFile, rm } from 'node:fs/promises';
import type { EmbeddingModel } from '@holdfast/gpu-runtime';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { completeShards, kills } from '../../test/shard-lives.js';
import { countingModel, DIM, indexed } from '../../test/support.js';
import { assemble } from '../result/assemble.js';

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

test('with any lengths, buckets, batches, shards and kills, row i belongs to sequence i', async () => {
  const property = fc.asyncProperty(
    lengths,
    letters,
    fc.record({ sequences: fc.integer({ min: 1, max: 45 }), residues: fc.integer({ min: 1, max: 1500 }) }),
    fc.integer({ min: 1, max: 400 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 12 }),
    kills({ batches: 5, kills: 4 }),
    async (lengths, letters, window, batchTokens, count, seqThreshold, lives) => {
      const sequences = lengths.map((length) => [...letters.take(length)].join(''));
      const { place, index } = await indexed(sequences, batchTokens, window);
      const model = summingModel(batchTokens);
      const within = { count, batchTokens, seqThreshold, lives };
      const shards = await completeShards({ place, index, model }, within);
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
