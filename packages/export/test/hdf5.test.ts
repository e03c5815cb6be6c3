import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Dataset, File, ready } from 'h5wasm/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exportResult } from '../src/export-result.js';
import { rowsOf, writeResult } from './write-result.js';

// HDF5's own library, compiled to WebAssembly, reads what this package writes.
let folder: string;
beforeEach(async () => {
  await ready;
  folder = mkdtempSync(join(tmpdir(), 'hdf5-'));
  mkdirSync(join(folder, 'out'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function written(ids: readonly string[], dim: number, to: 'h5' | 'h5-matrix') {
  const rows = rowsOf(ids.length, dim);
  await writeResult(join(folder, 'out'), { ids, rows, dim });
  const { path } = await exportResult({ folder: join(folder, 'out'), to, force: true });
  return { file: new File(path, 'r'), rows };
}
const named = (count: number) => Array.from({ length: count }, (_, at) => `seq${(at * 7919) % count}|${at}`);

// A leaf of the tree has 64 names, a node 128 children, and a collection 256 strings.
it.each([0, 1, 63, 64, 65, 255, 257, 8193])('h5 of %d rows', async (count) => {
  const ids = named(count);
  const { file, rows } = await written(ids, 2, 'h5');
  expect(file.keys()).toEqual([...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
  for (const at of [0, 1, 63, 64, 255, 256, 8191, 8192].filter((each) => each < count)) {
    const dataset = file.get(ids[at]!) as Dataset;
    expect([dataset.dtype, dataset.shape, [...(dataset.value as Float32Array)]]).toEqual([
      '<f',
      [2],
      [...rows.subarray(2 * at, 2 * at + 2)],
    ]);
    expect(dataset.attrs['original_id']?.value).toBe(ids[at]);
  }
  file.close();
});

it('names are sorted by their bytes, whatever letters they have', async () => {
  const ids = ['\u{1f9ec}', '\uffee', 'ü', 'Z', 'a', 'a b', '~', '.', '..', 'x/y', 'x%2Fy'];
  const { file } = await written(ids, 1, 'h5');
  for (const [at, name] of ids.entries()) {
    const key = name.replaceAll('%', '%25').replaceAll('/', '%2F');
    const dataset = file.get(key === '.' ? '%2E' : key === '..' ? '%2E%2E' : key) as Dataset;
    expect([dataset.attrs['original_id']?.value, [...(dataset.value as Float32Array)]]).toEqual([
      name,
      [Math.fround(Math.sin(at) / 3)],
    ]);
  }
  file.close();
});

it.each([
  [0, 3],
  [1, 1],
  [700, 3],
])('h5-matrix of %d × %d', async (count, dim) => {
  const ids = named(count);
  const { file, rows } = await written(ids, dim, 'h5-matrix');
  const matrix = file.get('embeddings') as Dataset;
  expect(matrix.shape).toEqual([count, dim]);
  if (count > 0) {
    expect([...(matrix.value as Float32Array)]).toEqual([...rows]);
    expect((file.get('ids') as Dataset).value).toEqual(ids);
  }
  file.close();
});
