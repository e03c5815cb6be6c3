import { expect, it } from 'vitest';
import { RowProducts } from './row-products.js';

it('multiplies blocks of rows by all queries, and sums the squares of each row', async () => {
  const queries = Float32Array.from([1, 2, 3, -1, 0.5, 0]);
  await using products = await RowProducts.open(queries, 3);
  const rows = Float32Array.from([1, 0, 0, 2, 2, 2, 0, 0, 0]);
  const first = await products.of(rows, 3);
  expect([...first.products]).toEqual([1, -1, 12, -1, 0, 0]);
  expect([...first.squares]).toEqual([1, 12, 0]);
  const fewer = await products.of(Float32Array.from([0, 1, 1]), 1);
  expect([...fewer.products]).toEqual([5, 0.5]);
  expect([...fewer.squares]).toEqual([2]);
});
