import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Window } from './index-store/index.js';
import { inInputOrder } from './input-order.js';

const DIM = 2;
const rowOf = (ordinal: number) => [ordinal, -ordinal];

/** Windows of these orders (places counted from each window's first), as an index has them. */
function windowsOf(orders: number[][]): Window[] {
  let first = 0;
  return orders.map((order) => {
    const window = {
      first,
      end: first + order.length,
      order: Uint32Array.from(order, (at) => first + at),
      inInputOrder: order.every((at, i) => at === i),
    };
    first = window.end;
    return window;
  });
}

/** Rows by position, cut into parts of these lengths over and over. */
async function* parts(windows: Window[], lengths: number[]): AsyncGenerator<Float32Array> {
  const rows = windows.flatMap(({ order }) => [...order].map(rowOf));
  for (let at = 0, i = 0; at < rows.length; i++) {
    const length = lengths[i % lengths.length]!;
    yield Float32Array.from(rows.slice(at, at + length).flat());
    at += length;
  }
}

async function ordered(windows: Window[], lengths: number[]) {
  const index = { windowAt: async (at: number) => windows.find(({ end }) => at < end)! };
  const found: number[] = [];
  const taken: number[] = [];
  for await (const part of inInputOrder(parts(windows, lengths), DIM, index)) {
    found.push(...part);
    taken.push(part.length / DIM);
  }
  return { found, taken };
}

test('however windows are ordered and rows cut into parts, rows come out by ordinal', async () => {
  const order = fc
    .integer({ min: 1, max: 9 })
    .chain((count) => fc.shuffledSubarray([...Array(count).keys()], { minLength: count }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(order, fc.constant<number[]>([0, 1, 2]))),
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      async (orders, lengths) => {
        const windows = windowsOf(orders);
        const count = windows.at(-1)?.end ?? 0;
        expect((await ordered(windows, lengths)).found).toEqual([...Array(count).keys()].flatMap(rowOf));
      },
    ),
    { numRuns: 500 },
  );
});

test('a window in input order waits for nothing; another is given whole', async () => {
  const windows = windowsOf([
    [0, 1, 2, 3],
    [3, 1, 2, 0],
  ]);
  expect((await ordered(windows, [1])).taken).toEqual([1, 1, 1, 1, 4]);
});
