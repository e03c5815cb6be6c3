import { expect, test } from 'vitest';
import { float32Of } from './arrays.js';

test('float16 is read exactly, every one of them', () => {
  const bits = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
  const values = float32Of('float16', new Uint8Array(bits.buffer));
  expect([values[0x3c00], values[0xc000], values[0x7bff], values[1], values[0x8000]]).toEqual([
    1,
    -2,
    65504,
    2 ** -24,
    -0,
  ]);
  expect([values[0x7c00], values[0xfc00], values[0x7e00]]).toEqual([Infinity, -Infinity, Number.NaN]);
  // Values rise with their bits, in steps that the exponent determines.
  for (let i = 1; i < 0x7c00; i++)
    expect(values[i]! - values[i - 1]!).toBe(2 ** (Math.max(1, (i - 1) >> 10) - 25));
});
