import { crc32 as zlib } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tensor } from '../tensors/pt-value.js';
import { encodePt, writePt } from '../write.js';
import { combineCrc32, crc32, fastCrc32 } from './checksum.js';

test('the CRC-32 equals that of zlib, in one piece and combined from two', async () => {
  await fastCrc32();
  const bytes = fc.uint8Array({ maxLength: 5000 });
  fc.assert(
    fc.property(bytes, bytes, (first, last) => {
      const whole = zlib(Buffer.concat([first, last]));
      expect(crc32(last, crc32(first))).toBe(whole);
      expect(combineCrc32(crc32(first), crc32(last), last.length)).toBe(whole);
    }),
  );
});

test('the same for lengths beyond 2^32', () => {
  // Zeros after bytes, combined in two steps and in one.
  const half = combineCrc32(0x12345678, 0, 2 ** 33);
  expect(combineCrc32(half, 0, 2 ** 33 + 5)).toBe(combineCrc32(0x12345678, 0, 2 ** 34 + 5));
});

test('writePt returns the length and CRC-32 of the written bytes', async () => {
  for (const size of [0, 1, 4095, 4096, 10_000_000]) {
    const value = [
      tensor('uint8', [size], new Uint8Array(size).fill(7)),
      'x'.repeat(size % 70_000),
      { a: 1 },
    ];
    const written = await writePt({ write: async () => undefined }, value);
    const bytes = await encodePt(value);
    expect(written).toEqual({ bytes: bytes.length, crc32: zlib(bytes) });
  }
});
