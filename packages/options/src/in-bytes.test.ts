import { expect, test } from 'vitest';
import { inBytes } from './in-bytes.js';

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1500, '1.5 kB'],
  [136e6, '136 MB'],
  [60.5e9, '60.5 GB'],
])('%i is %s', (bytes, words) => {
  expect(inBytes(bytes)).toBe(words);
});
