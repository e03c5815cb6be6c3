import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openPt } from '../open.js';
import { tensor } from '../tensors/pt-value.js';
import { encodePt } from '../write.js';

const value = {
  a: tensor('uint8', [300], new Uint8Array(300).fill(7)),
  empty: tensor('float32', [0], new Float32Array(0)),
  b: tensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4)),
};
const code = (error: { code: string; member: string }) => `${error.code} ${error.member}`;

test('in whatever pieces a file is read, its checksums are compared as verify does', async () => {
  const good = await encodePt(value);
  await fc.assert(
    fc.asyncProperty(
      fc.option(fc.nat(good.length - 1), { nil: null }),
      fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1 }),
      async (flipped, sizes) => {
        const bytes = Buffer.from(good);
        if (flipped !== null) bytes[flipped]! ^= 1;
        const file = await openPt(bytes, { checksums: 'never' }).catch(() => null);
        if (file === null) return;
        const whole = await file.verify().then(() => 'passed', code);
        const checks = file.checksInOrder();
        let found = 'passed';
        try {
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length]!;
            checks.update(bytes.subarray(at, at + size));
            at += size;
          }
          checks.end();
        } catch (error) {
          found = code(error as never);
        }
        expect(found).toBe(whole);
      },
    ),
    { numRuns: 2000 },
  );
});

test('a file that ends within a member is refused', async () => {
  const bytes = await encodePt(value);
  await using file = await openPt(bytes);
  const checks = file.checksInOrder();
  checks.update(bytes.subarray(0, 600));
  expect(() => checks.end()).toThrow(/ends within it/);
});
