import { expect, test } from 'vitest';
import { wrongShares } from './wrong-shares.js';

const right = [0.25, 0.75];

test.each<[string, number[], string | null]>([
  ['the same', right, null],
  ['a few thousandths off, as with TF32', [0.2537, 0.7463], null],
  ['zeros, as CUDA counts whole numbers', [0, 0], 'shares that add up to 0'],
  ['not a number', [Number.NaN, 1], 'shares that add up to NaN'],
  ['other shares', [0.75, 0.25], '0.75 where the CPU has 0.25'],
])('a device’s row is compared with the CPU’s: %s', (_what, row, wrong) => {
  expect(wrongShares(Float32Array.from(row), Float32Array.from(right))).toBe(wrong);
});
