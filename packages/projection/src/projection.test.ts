import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusters } from './clusters.js';
import { type Matrix, matrixOf } from './matrix.js';
import { pca, pcaAxes } from './pca.js';
import { normal, randomOf } from './random.js';
import { chosenRows } from './sample.js';
import { sampledNeighbours } from './sampled-neighbours.js';
import { umap } from './umap.js';

const DIM = 12;

/** Rows that vary most along the first column, then along the second, and so on. */
function spread(rows: number, seed = 3): Float32Array {
  const random = randomOf(seed);
  return Float32Array.from({ length: rows * DIM }, (_, at) => normal(random) * 2 ** -(at % DIM) + 5);
}

/** Groups around points that are far from each other. */
function groups(rows: number, of: number): Float32Array {
  const random = randomOf(9);
  return Float32Array.from({ length: rows * DIM }, (_, at) => {
    const group = Math.floor(at / DIM) % of;
    return normal(random) * 0.3 + (at % DIM === group ? 20 : 0);
  });
}

/** The same matrix in blocks of some rows. */
function inBlocks(data: Float32Array, size: number): Matrix {
  const rows = data.length / DIM;
  return {
    rows,
    dim: DIM,
    async *blocks() {
      for (let first = 0; first < rows; first += size) {
        const end = Math.min(rows, first + size);
        yield { first, rows: end - first, data: data.subarray(first * DIM, end * DIM) };
      }
    },
  };
}

describe('pca', () => {
  it('finds the directions of most variance, and says how much', async () => {
    const { axes, variances, total } = await pcaAxes(matrixOf(spread(4000), DIM), { components: 3 });
    for (const axis of [0, 1, 2]) expect(axes[axis * DIM + axis]).toBeGreaterThan(0.99);
    for (const axis of [0, 1, 2]) expect(variances[axis]! / 4 ** -axis).toBeCloseTo(1, 1);
    expect(total).toBeCloseTo(4 / 3, 1);
  });

  it('gives coordinates that do not correlate, whatever the rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 60 }),
        async (seed, size) => {
          const data = spread(200, seed);
          const map = await pca(inBlocks(data, size));
          let [x, y, xy] = [0, 0, 0];
          for (let at = 0; at < 400; at += 2) {
            x += map[at]!;
            y += map[at + 1]!;
            xy += map[at]! * map[at + 1]!;
          }
          expect(Math.abs(x) + Math.abs(y)).toBeLessThan(1e-2);
          expect(Math.abs(xy / 200)).toBeLessThan(1e-4);
          expect(map).toEqual(await pca(matrixOf(data, DIM)));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('from a sample is nearly that of all rows', async () => {
    const data = spread(5000);
    const [all, some] = [await pca(matrixOf(data, DIM)), await pca(inBlocks(data, 700), { sample: 2000 })];
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    expect(dot(all, some) / Math.sqrt(dot(all, all) * dot(some, some))).toBeGreaterThan(0.999);
  });

  it('is the same if single rows are read', async () => {
    const data = spread(5000);
    const blocks = inBlocks(data, 700);
    const read = async (first: number, end: number) => data.slice(first * DIM, end * DIM);
    expect(await pca({ ...blocks, read }, { sample: 60 })).toEqual(await pca(blocks, { sample: 60 }));
  });

  it('takes few columns, few rows, and rows that are all the same', async () => {
    expect(await pca(matrixOf(Float32Array.of(3, 1, 2), 1))).toEqual(Float32Array.of(1, 0, -1, 0, 0, 0));
    expect(await pca(matrixOf(new Float32Array(5 * DIM).fill(2), DIM))).toEqual(new Float32Array(10));
    expect(await pca(matrixOf(new Float32Array(0), DIM))).toEqual(new Float32Array(0));
    expect((await pca(matrixOf(spread(1), DIM))).every((value) => value === 0)).toBe(true);
  });
});

it('a sample takes each part of the rows equally, and all if they are few', () => {
  const chosen = chosenRows(1000, 100, randomOf(5));
  for (const [part, row] of chosen.entries()) expect(Math.floor(row / 10)).toBe(part);
  expect([...chosenRows(3, 100, randomOf(5))]).toEqual([0, 1, 2]);
});

describe('clusters', () => {
  it('are the groups that there are, the largest first', async () => {
    const data = groups(900, 3);
    const of = await clusters(inBlocks(data, 128), { clusters: 3, sample: 300 });
    for (let row = 3; row < 900; row++) expect(of[row]).toBe(of[row % 3]);
    expect(new Set(of.subarray(0, 3)).size).toBe(3);
    expect(await clusters(matrixOf(new Float32Array(4 * DIM), DIM))).toEqual(new Uint16Array(4));
  });
});

describe('umap', () => {
  it('keeps groups apart, those that were not sampled too, and is the same each time', async () => {
    const data = groups(600, 3);
    const map = await umap(inBlocks(data, 100), { sample: 200 });
    expect(map).toHaveLength(1200);
    const centre = (group: number, axis: number) => {
      let sum = 0;
      for (let row = group; row < 600; row += 3) sum += map[row * 2 + axis]!;
      return sum / 200;
    };
    const centres = [0, 1, 2].map((group) => [centre(group, 0), centre(group, 1)] as const);
    const away = (row: number, group: number) =>
      Math.hypot(map[row * 2]! - centres[group]![0], map[row * 2 + 1]! - centres[group]![1]);
    for (let row = 0; row < 600; row++)
      for (const other of [1, 2]) expect(away(row, row % 3)).toBeLessThan(away(row, (row + other) % 3));
    expect(await umap(matrixOf(data, DIM), { sample: 200 })).toEqual(map);
  });

  it('ends when it is aborted, and reports what is done', async () => {
    const end = new AbortController();
    const done: number[] = [];
    const onProgress = (share: number) => {
      done.push(share);
      if (share > 0.5) end.abort(new Error('enough'));
    };
    await expect(umap(matrixOf(groups(300, 3), DIM), { signal: end.signal, onProgress })).rejects.toThrow(
      'enough',
    );
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(await umap(matrixOf(spread(2), DIM))).toHaveLength(4);
  });
});

it('finds the neighbours of each sampled point, itself first', async () => {
  const data = spread(120);
  const { indices, distances } = await sampledNeighbours(data, DIM, 5, {});
  const apart = (a: number, b: number) =>
    Math.hypot(...Array.from({ length: DIM }, (_, at) => data[a * DIM + at]! - data[b * DIM + at]!));
  for (let at = 0; at < 120; at++) {
    const all = [...new Array(120).keys()].sort((a, b) => apart(at, a) - apart(at, b)).slice(0, 5);
    expect(indices[at]).toEqual(all);
    for (const [place, other] of all.entries())
      expect(distances[at]![place]).toBeCloseTo(apart(at, other), 5);
  }
});
