import { expect, it } from 'vitest';
import { RowProducts } from './row-products.js';

it('multiplies blocks of rows by all queries', async () => {
  const queries = Float32Array.from([1, 2, 3, -1, 0.5, 0]);
  await using products = await RowProducts.open(queries, 3);
  const rows = Float32Array.from([1, 0, 0, 2, 2, 2, 0, 0, 0]);
  expect([...(await products.of(rows, 3))]).toEqual([1, -1, 12, -1, 0, 0]);
  expect([...(await products.of(Float32Array.from([0, 1, 1]), 1))]).toEqual([5, 0.5]);
});
