import { plannedWork, shardsOf } from '@holdfast/plan';
import { standing } from '@holdfast/run-folder';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countingModel, indexed } from '../../test/support.js';

const { source } = countingModel();
/** A token is a residue, without special tokens, as in `indexed`. */
const model = { ...source, maxResidues: Number.POSITIVE_INFINITY, specialTokens: 0 };

test('the tokens before a position are those of the plan, padding included if the model pads, and rise with it', async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(lengths, fc.integer({ min: 1, max: 200 }), async (lengths, batchTokens) => {
      const { index } = await indexed(
        lengths.map((length) => 'A'.repeat(length)),
        batchTokens,
        { sequences: 11 },
      );
      const shards = await shardsOf(index, 4);
      const { tokensBefore } = await plannedWork(index, shards, model);
      expect(tokensBefore(index.sequences)).toBe(index.summary.padded_tokens);
      const alone = { ...model, recipe: { ...model.recipe, singly: true as const } };
      const single = await plannedWork(index, shards, alone);
      expect(single.tokensBefore(index.sequences)).toBe(index.summary.tokens);
      for (let batch = 0; batch < index.batches; batch++) {
        const [first, end] = index.batchRange(batch);
        const residues = await index.residues(first, end);
        const longest = Math.max(...residues.map(({ length }) => length));
        expect(tokensBefore(end) - tokensBefore(first)).toBe((end - first) * longest);
        for (let at = first; at < end; at++) {
          expect(index.batchAt(at)).toBe(batch);
          expect(tokensBefore(at + 1)).toBeGreaterThanOrEqual(tokensBefore(at));
        }
      }
      await index.close();
    }),
    { numRuns: 40 },
  );
});

test('a complete shard counts all of its sequences, and no shard counts more', () => {
  const shard = { firstBatch: 0, endBatch: 1, firstPosition: 10, endPosition: 30 };
  const shards = [0, 1, 2].map((number) => ({ ...shard, shard: number }));
  const state = (status: 'complete' | 'in_progress' | 'failed', total_sequences: number) =>
    ({ status, total_sequences }) as Parameters<typeof standing>[1]['shards'][number];
  const known = { 0: state('complete', 17), 1: state('in_progress', 7), 2: state('failed', 99) };
  expect(standing(shards, { shards: known })).toEqual([20, 7, 20]);
});
