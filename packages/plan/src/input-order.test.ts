import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Bucket } from './index-store/sequence-index.js';
import { inInputOrder } from './input-order.js';

const DIM = 2;
const rowOf = (ordinal: number) => [ordinal, -ordinal];

/** Buckets with these orders (places count from the start of each bucket), as in an index. */
function bucketsOf(orders: number[][]): Bucket[] {
  let first = 0;
  return orders.map((order) => {
    const bucket = {
      first,
      end: first + order.length,
      start: first,
      originals: null,
      order: Uint32Array.from(order, (at) => first + at),
      inInputOrder: order.every((at, i) => at === i),
    };
    first = bucket.end;
    return bucket;
  });
}

/** Rows by position, without the missing ones, cut cyclically into parts of these lengths. */
async function* parts(
  buckets: Bucket[],
  lengths: number[],
  missing: ReadonlySet<number>,
): AsyncGenerator<Float32Array> {
  const rows = buckets
    .flatMap(({ order }) => [...order])
    .filter((_, position) => !missing.has(position))
    .map(rowOf);
  for (let at = 0, i = 0; at < rows.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield Float32Array.from(rows.slice(at, at + length).flat());
    at += length;
  }
}

async function ordered(buckets: Bucket[], lengths: number[], missing: ReadonlySet<number> = new Set()) {
  const index = { bucketAt: async (at: number) => buckets.find(({ end }) => at < end)! };
  const found: number[] = [];
  const taken: number[] = [];
  for await (const part of inInputOrder(parts(buckets, lengths, missing), DIM, index, missing)) {
    found.push(...part);
    taken.push(part.length / DIM);
  }
  return { found, taken };
}

test('rows come out by ordinal, for any order of buckets, cut into parts, and missing rows', async () => {
  const order = fc
    .integer({ min: 1, max: 9 })
    .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(order, fc.constant<number[]>([0, 1, 2]))),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      // Missing: single positions, or stretches up to whole buckets.
      fc.array(fc.tuple(fc.nat(60), fc.constantFrom(1, 1, 12)), { maxLength: 6 }),
      async (orders, lengths, stretches) => {
        const buckets = bucketsOf(orders);
        const ordinals = buckets.flatMap(({ order }) => [...order]);
        const missing = new Set(
          stretches
            .flatMap(([from, length]) => Array.from({ length }, (_, i) => from + i))
            .filter((position) => position < ordinals.length),
        );
        const there = ordinals.filter((_, position) => !missing.has(position)).sort((a, b) => a - b);
        const { found, taken } = await ordered(buckets, lengths, missing);
        expect(found).toEqual(there.flatMap(rowOf));
        expect(taken).not.toContain(0);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a bucket in input order passes straight through; any other comes whole', async () => {
  const buckets = bucketsOf([
    [0, 1, 2, 3],
    [3, 1, 2, 0],
  ]);
  expect((await ordered(buckets, [1])).taken).toEqual([1, 1, 1, 1, 4]);
});

test.each<[string, number[], number[]]>([
  ['its last row missing', [7], [1, 2, 3]],
  ['its first row missing', [4], [0, 1, 2]],
  ['only one row', [4, 5, 7], [2]],
])('a bucket with %s is yielded as soon as its rows have arrived', async (_what, missing, there) => {
  const buckets = bucketsOf([
    [0, 1, 2, 3],
    [3, 1, 2, 0],
  ]);
  const { found, taken } = await ordered(buckets, [1], new Set(missing));
  expect(found).toEqual([0, 1, 2, 3, ...there.map((place) => 4 + place)].flatMap(rowOf));
  expect(taken).toEqual([1, 1, 1, 1, there.length]);
});
