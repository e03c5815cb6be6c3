import { encodePt, type LazyTensor, openPt, tensor } from '@holdfast/pt-serializer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLOAT16_MAX, toFloat16 } from './float16.js';

/** The float32 numbers of float16 bits, read through a file. */
async function numbers(bits: Uint16Array): Promise<Float32Array> {
  const file = await openPt(await encodePt(tensor('float16', [bits.length], bits)));
  return (file.value as LazyTensor).readFloat32();
}

const ALL = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);

test('every float16 is stored exactly', async () => {
  const { bits, loss } = toFloat16(await numbers(ALL));
  const again = Array.from(bits, (half, i) => ((i & 0x7c00) === 0x7c00 && i & 0x3ff ? i : half));
  expect(again).toEqual(Array.from(ALL));
  expect(loss).toEqual({ maxAbsoluteError: 0, zeroed: 0 });
});

test('any number becomes the nearest float16, ties to even, and the reported loss is right', async () => {
  const halves = Array.from(await numbers(ALL.subarray(0, 0x7c00)));
  const nearest = (value: number): number => {
    let [low, high] = [0, halves.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (halves[middle]! <= value) low = middle;
      else high = middle - 1;
    }
    const above = Math.min(low + 1, halves.length - 1);
    const [down, up] = [value - halves[low]!, halves[above]! - value];
    if (down !== up) return down < up ? low : above;
    return low % 2 === 0 ? low : above;
  };
  const between = fc.nat(halves.length - 2).map((i) => (halves[i]! + halves[i + 1]!) / 2);
  const value = fc.oneof(
    fc.float({ min: 0, max: 65504, noNaN: true }),
    between,
    fc.float({ min: 0, max: Math.fround(1e-4), noNaN: true }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1 }), async (values) => {
      const given = Float32Array.from(values);
      const { bits, loss } = toFloat16(given);
      expect(Array.from(bits, (half) => half & 0x7fff)).toEqual(Array.from(given, nearest));
      const negative = toFloat16(given.map((x) => -x));
      expect(Array.from(negative.bits)).toEqual(Array.from(bits, (half) => half | 0x8000));
      const errors = Array.from(given, (x) => Math.abs(x - halves[nearest(x)]!));
      expect(loss.maxAbsoluteError).toBe(Math.max(...errors));
      expect(loss.zeroed).toBe(given.filter((x) => x > 0 && nearest(x) === 0).length);
    }),
    { numRuns: 300 },
  );
});

test('a number beyond float16 is refused with its index; infinities and NaN stay', () => {
  expect(() => toFloat16(Float32Array.of(1, 65520))).toThrow(
    'number 1 is 65520; the largest float16 is 65504',
  );
  expect(toFloat16(Float32Array.of(65519)).loss.maxAbsoluteError).toBe(65519 - FLOAT16_MAX);
  const { bits } = toFloat16(Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN));
  expect([...bits]).toEqual([0x7c00, 0xfc00, 0x7e00]);
});
