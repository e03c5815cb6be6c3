import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METRICS, type Metric } from './metric.js';
import { type Matrix, nearestRows } from './nearest-rows.js';

const matrixOf = (data: Float32Array, dim: number): Matrix => ({
  rows: data.length / dim,
  dim,
  async *blocks(rows = 1) {
    for (let first = 0; first * dim < data.length; first += rows) {
      const block = data.slice(first * dim, (first + rows) * dim);
      yield { first, rows: block.length / dim, data: block };
    }
  },
});
/** The same, in blocks of so many rows. */
const inBlocksOf = (rows: number, data: Float32Array, dim: number): Matrix => {
  const { blocks, ...matrix } = matrixOf(data, dim);
  return { ...matrix, blocks: () => blocks(rows) };
};

/** A search written from the definitions, in float64. */
function naive(data: Float32Array, dim: number, query: Float32Array, k: number, metric: Metric) {
  const sum = (of: (column: number) => number) =>
    Array.from({ length: dim }, (_, column) => of(column)).reduce((total, each) => total + each, 0);
  return Array.from({ length: data.length / dim }, (_, row) => {
    const at = (column: number) => data[row * dim + column]!;
    const dot = sum((column) => query[column]! * at(column));
    const lengths = Math.sqrt(sum((column) => query[column]! ** 2) * sum((column) => at(column) ** 2));
    const cosine = lengths === 0 ? 1 : Math.min(2, Math.max(0, 1 - dot / lengths));
    const euclidean = Math.sqrt(sum((column) => (query[column]! - at(column)) ** 2));
    return { row, distance: { cosine, dot: dot + 0, euclidean }[metric] };
  })
    .sort((a, b) => (metric === 'dot' ? b.distance - a.distance : a.distance - b.distance) || a.row - b.row)
    .slice(0, k);
}

/** Numbers that tie and cancel out. */
const numbers = fc.oneof(
  fc.constantFrom(0, 1, -1, 0.5, 2, 1 + 2 ** -20, 1 - 2 ** -22),
  fc.float({ min: -2, max: 2, noNaN: true }),
);
/** Some of these leave float32's range when they are squared. */
const scales = fc.constantFrom(1, 1, 1, 1e-22, 1e-16, 1e19, 1e21);
const cases = fc.integer({ min: 1, max: 6 }).chain((dim) => {
  const row = fc
    .tuple(scales, fc.array(numbers, { minLength: dim, maxLength: dim }))
    .map(([scale, values]) => values.map((value) => value * scale));
  const flat = (rows: number[][]) => Float32Array.from(rows.flat());
  return fc.record({
    dim: fc.constant(dim),
    data: fc.array(row, { minLength: 1, maxLength: 40 }).map(flat),
    queries: fc.array(row, { minLength: 1, maxLength: 3 }).map(flat),
    k: fc.integer({ min: 1, max: 12 }),
    block: fc.integer({ min: 1, max: 40 }),
    metric: fc.constantFrom(...METRICS),
  });
});

describe('nearestRows', () => {
  it('is a search in float64, whatever the numbers, ties and blocks', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ dim, data, queries, k, block, metric }) => {
        const found = await nearestRows(inBlocksOf(block, data, dim), queries, { k, metric });
        for (const [at, each] of found.entries())
          expect(each).toEqual(naive(data, dim, queries.subarray(at * dim, (at + 1) * dim), k, metric));
      }),
      { numRuns: 150 },
    );
  });

  it.each(METRICS)(
    'finds among many rows that differ in the last digits of float32, by %s',
    async (metric) => {
      const dim = 64;
      let seed = 7;
      const random = () => {
        seed = (seed * 1664525 + 1013904223) >>> 0;
        return seed / 2 ** 32;
      };
      const base = Float32Array.from({ length: dim }, random);
      const data = Float32Array.from(
        { length: 3000 * dim },
        (_, at) => base[at % dim]! * (1 + 1e-6 * random()),
      );
      const queries = data.slice(100 * dim, 102 * dim);
      const found = await nearestRows(matrixOf(data, dim), queries, { k: 20, metric });
      for (const [at, each] of found.entries())
        expect(each).toEqual(naive(data, dim, queries.subarray(at * dim, (at + 1) * dim), 20, metric));
    },
  );

  it('finds a row itself at distance 0, the first of its copies first', async () => {
    const data = Float32Array.from({ length: 50 * 3 }, (_, at) =>
      Math.fround(Math.sin(Math.floor(at / 6) + at)),
    );
    const copies = Float32Array.from([...data, ...data]);
    const found = await nearestRows(matrixOf(copies, 3), data, { k: 2 });
    found.forEach(([first, second], row) => {
      expect([first, second]).toEqual([
        { row, distance: 0 },
        { row: row + 50, distance: 0 },
      ]);
    });
  });

  it('gives all rows where there are fewer, nothing for no query, and refuses what it cannot do', async () => {
    const matrix = matrixOf(Float32Array.from([1, 0, 0, 1]), 2);
    expect(await nearestRows(matrix, Float32Array.from([1, 0]), { k: 9, metric: 'dot' })).toEqual([
      [
        { row: 0, distance: 1 },
        { row: 1, distance: 0 },
      ],
    ]);
    expect(await nearestRows(matrix, new Float32Array(0), { k: 1 })).toEqual([]);
    await expect(nearestRows(matrix, new Float32Array(3), { k: 1 })).rejects.toThrow(
      '3 numbers are no rows of 2',
    );
    await expect(nearestRows(matrix, new Float32Array(2), { k: 0 })).rejects.toThrow(/k/);
    const wrong = { k: 1, metric: 'manhattan' as 'dot' };
    await expect(nearestRows(matrix, new Float32Array(2), wrong)).rejects.toThrow(/metric/);
  });

  it('stops between two blocks, and ends the reading', async () => {
    const stop = new AbortController();
    let closed = false;
    const matrix: Matrix = {
      rows: 9,
      dim: 1,
      async *blocks() {
        try {
          for (let first = 0; first < 9; first++) yield { first, rows: 1, data: Float32Array.of(first) };
        } finally {
          closed = true;
        }
      },
    };
    const seen: number[] = [];
    const options = {
      k: 1,
      signal: stop.signal,
      onProgress(rows: number) {
        seen.push(rows);
        if (rows === 3) stop.abort(new Error('enough'));
      },
    };
    await expect(nearestRows(matrix, Float32Array.of(1), options)).rejects.toThrow('enough');
    expect([seen, closed]).toEqual([[1, 2, 3], true]);
  });

  it('passes on what the reading throws', async () => {
    const matrix: Matrix = {
      rows: 2,
      dim: 1,
      async *blocks() {
        yield { first: 0, rows: 1, data: Float32Array.of(1) };
        throw new Error('the disk is gone');
      },
    };
    await expect(nearestRows(matrix, Float32Array.of(1), { k: 1 })).rejects.toThrow('the disk is gone');
  });
});
