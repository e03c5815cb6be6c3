import type { Checkpoint } from '@holdfast/checkpoint';
import type { SequenceIndex, Shard } from '@holdfast/plan';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RunOutputs } from '../outputs/run-outputs.js';
import { QUARANTINED, type Quarantined } from '../quarantine/quarantined.js';
import { checkpointFacts, ShardCursor } from './shard-plan.js';

const DIM = 3;
/** An index of batches of two sequences each. */
const index = {
  batchRange: (batch: number) => [batch * 2, batch * 2 + 2],
  ids: async (first: number, end: number) => Array.from({ length: end - first }, (_, i) => `id${first + i}`),
} as unknown as SequenceIndex;
const shard: Shard = { shard: 1, firstBatch: 10, endBatch: 20, firstPosition: 20, endPosition: 40 };

/** A correct checkpoint of the batches [`first`, `end`), except for `change`. */
function checkpoint(
  first: number,
  end: number,
  change: Partial<Checkpoint> & { run?: string; truncated?: number } = {},
): Checkpoint {
  const facts = checkpointFacts(change.run ?? 'run', 1, [first, end], [first * 2, end * 2], {
    truncated: change.truncated ?? 0,
  });
  return {
    metadata: new Map(Object.entries(facts)),
    shape: [(end - first) * 2, DIM],
    sequenceIds: Array.from({ length: (end - first) * 2 }, (_, i) => `id${first * 2 + i}`),
    values: async () => null,
    ...change,
  } as unknown as Checkpoint;
}

const cursorAt = async (batch: number) => {
  const cursor = new ShardCursor(shard, 'run', DIM, index, undefined);
  if (batch > shard.firstBatch) expect(await cursor.accept(checkpoint(shard.firstBatch, batch))).toBeNull();
  return cursor;
};

test('any cut of a shard into checkpoints is accepted, and it is done only with all of them', async () => {
  const cuts = fc
    .uniqueArray(fc.integer({ min: 11, max: 19 }))
    .map((inner) => [10, ...inner.sort((a, b) => a - b), 20]);
  await fc.assert(
    fc.asyncProperty(cuts, async (bounds) => {
      const cursor = await cursorAt(10);
      for (let i = 0; i + 1 < bounds.length; i++) {
        expect(cursor.done).toBe(false);
        expect(await cursor.accept(checkpoint(bounds[i]!, bounds[i + 1]!))).toBeNull();
      }
      expect(cursor.done).toBe(true);
    }),
  );
});

test('sequences that lost tokens add up over accepted checkpoints; without any there is no field', async () => {
  const cursor = await cursorAt(10);
  expect(await cursor.accept(checkpoint(10, 12, { truncated: 4 }))).toBeNull();
  expect(await cursor.accept(checkpoint(12, 13))).toBeNull();
  expect(await cursor.accept(checkpoint(10, 12, { truncated: 4 }))).not.toBeNull();
  expect(await cursor.accept(checkpoint(13, 20, { truncated: 3 }))).toBeNull();
  expect(cursor.truncated).toBe(7);
  expect('truncated' in checkpointFacts('run', 1, [10, 12], [20, 24])).toBe(false);
});

test('batches that do not come next are refused, and the cursor stays', async () => {
  const range = fc.tuple(fc.integer({ min: 0, max: 25 }), fc.integer({ min: 0, max: 25 }));
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 10, max: 20 }), range, async (at, [first, end]) => {
      const cursor = await cursorAt(at);
      const fits = first === at && end > at && end <= 20;
      const fault = await cursor.accept(checkpoint(first, Math.max(first, end)));
      if (fits) expect([fault, cursor.nextBatch]).toEqual([null, end]);
      else expect([typeof fault, cursor.nextBatch]).toEqual(['string', at]);
    }),
  );
});

test('a row under any other ID is refused, and the message names the row', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(7), fc.string(), async (row, id) => {
      const sequenceIds = Array.from({ length: 8 }, (_, i) => `id${20 + i}`);
      fc.pre(id !== sequenceIds[row]);
      const cursor = await cursorAt(10);
      const fault = await cursor.accept(checkpoint(10, 14, { sequenceIds: sequenceIds.with(row, id) }));
      expect(fault).toContain(`row ${row} is named ${id}, but the input has id${20 + row} there`);
      expect(cursor.nextBatch).toBe(10);
    }),
  );
});

/** The metadata of batches 10 to 12, except for `change`. */
const facts = (change: object) =>
  new Map(Object.entries({ ...checkpointFacts('run', 1, [10, 12], [20, 24]), ...change }));

test.each<[string, Parameters<typeof checkpoint>[2], RegExp]>([
  ['of another run', { run: 'other' }, /another run/],
  ['with a row missing', { shape: [3, DIM] }, /shape mismatch: \[3, 3\] instead of \[4, 3\]/],
  ['of another dimension', { shape: [4, DIM + 1] }, /shape mismatch/],
  ['with two IDs exchanged', { sequenceIds: ['id20', 'id22', 'id21', 'id23'] }, /row 1 is named id22.*id21/],
  ['without facts', { metadata: new Map() }, /another run/],
  ['that says it begins later', { metadata: facts({ first_batch: 11 }) }, /batches 11 to 12/],
  ['that ends within a batch', { metadata: facts({ end_batch: 11.5 }) }, /batches 10 to 11\.5/],
  ['that left tokens out of more rows than it has', { truncated: 5 }, /counts 5 truncated sequences among 4/],
  ['that left tokens out of half a row', { truncated: 0.5 }, /counts 0\.5 truncated sequences among 4/],
  ['that ends nowhere', { metadata: facts({ end_batch: undefined }) }, /batch 10 comes next/],
])('a checkpoint %s is refused', async (_what, change, says) => {
  const cursor = await cursorAt(10);
  expect(await cursor.accept(checkpoint(10, 12, change))).toMatch(says);
  expect(cursor.nextBatch).toBe(10);
});

const leftOut = (position: number): Quarantined => ({
  position,
  kind: 'poison_input',
  attempts: 2,
  error: `error of ${position}`,
});

/** A checkpoint of the batches [`first`, `end`) without the rows of these positions. */
function without(first: number, end: number, positions: number[], change: Partial<Checkpoint> = {}) {
  const facts = checkpointFacts('run', 1, [first, end], [first * 2, end * 2], {
    quarantined: positions.map(leftOut),
  });
  const kept = Array.from({ length: (end - first) * 2 }, (_, i) => first * 2 + i).filter(
    (position) => !positions.includes(position),
  );
  return {
    metadata: new Map(Object.entries(facts)),
    shape: [kept.length, DIM],
    sequenceIds: kept.map((position) => `id${position}`),
    values: async () => null,
    ...change,
  } as unknown as Checkpoint;
}

test('checkpoints with any quarantined sequences are accepted, and the cursor lists these in order', async () => {
  const cuts = fc
    .uniqueArray(fc.integer({ min: 11, max: 19 }))
    .map((inner) => [10, ...inner.sort((a, b) => a - b), 20]);
  const positions = fc
    .uniqueArray(fc.integer({ min: 20, max: 39 }))
    .map((found) => found.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(cuts, positions, async (bounds, positions) => {
      const cursor = await cursorAt(10);
      for (let i = 0; i + 1 < bounds.length; i++) {
        const [first, end] = [bounds[i]!, bounds[i + 1]!];
        const inside = positions.filter((position) => position >= first * 2 && position < end * 2);
        expect(await cursor.accept(without(first, end, inside))).toBeNull();
      }
      expect(cursor.done).toBe(true);
      expect(cursor.quarantined).toEqual(positions.map(leftOut));
    }),
  );
});

test('a checkpoint without quarantined sequences has no such field', () => {
  expect(without(10, 12, []).metadata.has(QUARANTINED)).toBe(false);
});

test.each<[string, Checkpoint, string]>([
  [
    'before its first',
    without(10, 12, [19, 21], { shape: [2, DIM] }),
    'it lists position 19 as quarantined, but holds positions [20, 24)',
  ],
  [
    'behind its last',
    without(10, 12, [21, 24], { shape: [2, DIM] }),
    'it lists position 24 as quarantined, but holds positions [20, 24)',
  ],
  ['twice', without(10, 12, [21, 21], { shape: [2, DIM] }), 'it lists position 21 as quarantined twice'],
  [
    'out of order',
    without(10, 12, [22, 21]),
    'its quarantined positions are not in order: 21 comes after 22',
  ],
  [
    'of which it has a row all the same',
    without(10, 12, [21], { shape: [4, DIM], sequenceIds: ['id20', 'id21', 'id22', 'id23'] }),
    'shape mismatch: [4, 3] instead of [3, 3] (1 quarantined)',
  ],
  [
    'and the row of another missing',
    without(10, 12, [21], { sequenceIds: ['id20', 'id21', 'id23'] }),
    'row 1 is named id21, but the input has id22 there',
  ],
  [
    'in a list that cannot be read',
    without(10, 12, [21], { metadata: facts({ [QUARANTINED]: '[{"position":21}]' }) }),
    'its list of quarantined sequences cannot be read',
  ],
])('a checkpoint with a position quarantined %s is refused', async (_what, given, says) => {
  const cursor = await cursorAt(10);
  expect(await cursor.accept(given)).toBe(says);
  expect([cursor.nextBatch, cursor.quarantined]).toEqual([10, []]);
});

test('a checkpoint whose numbers of tokens are not those that the run computes is refused', async () => {
  const outputs = { dim: DIM, dtype: 'float16' as const, tokens: [{ name: 't', dim: 2, layer: 'h' }] };
  const of = async (values: unknown, dtype = 'float16', asked: RunOutputs | undefined = outputs) => {
    const cursor = new ShardCursor(shard, 'run', DIM, index, asked);
    return cursor.accept(checkpoint(10, 11, { values: async () => values, dtype } as never));
  };
  const table = (counts: readonly number[], dtype = 'float16') => ({
    place: { dtype },
    tokens: [1, 3],
    counts,
  });
  expect(await of(table([2, 6]))).toBeNull();
  expect(await of(table([2, 6]), 'float32')).toBe('its numbers are stored as float32, not float16');
  expect(await of(table([2, 6], 'float32'))).toMatch(/numbers of tokens are stored as float32, not float16/);
  expect(await of(table([2, 4]))).toMatch(/not as many numbers as its tokens ask for/);
  expect(await of(table([2, 6, 0]))).toMatch(/not as many numbers/);
  expect(await of(null)).toBe('it has no numbers of tokens');
  expect(await of('its values are torn')).toBe('its values are torn');
  const plain = new ShardCursor(shard, 'run', DIM, index, undefined);
  const strange = checkpoint(10, 11, { values: async () => table([2, 6]) } as never);
  expect(await plain.accept(strange)).toMatch(/which the run does not compute/);
});
