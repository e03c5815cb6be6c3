import { mkdtempSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, float32Of } from '@holdfast/pt-serializer';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCheckpoint } from './read/open.js';
import { STORAGE_BOUND, storedNumbers, toBfloat16 } from './stored-numbers.js';
import { writeCheckpoint } from './write/write.js';

const floats = fc.float({ noNaN: true, noDefaultInfinity: true });

test('bfloat16 is the nearest one, ties to even', () => {
  const back = (bits: number) => float32Of('bfloat16', new Uint8Array(Uint16Array.of(bits).buffer))[0]!;
  fc.assert(
    fc.property(floats, (number) => {
      if (Math.abs(number) >= STORAGE_BOUND.bfloat16) {
        expect(() => toBfloat16(Float32Array.of(number))).toThrow(/beyond the largest bfloat16/);
        return;
      }
      const [bits] = toBfloat16(Float32Array.of(number)) as unknown as [number];
      const far = Math.abs(back(bits) - number);
      for (const near of [bits - 1, bits + 1])
        if ((near & 0x7fff) < 0x7f80 && (near & 0x8000) === (bits & 0x8000)) {
          const other = Math.abs(back(near) - number);
          expect(far < other || (far === other && bits % 2 === 0) || Number.isNaN(other)).toBe(true);
        }
    }),
  );
  expect([...toBfloat16(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0))]).toEqual([
    0x7fc0, 0x7f80, 0x8000,
  ]);
});

test('numbers below the bound can be stored, and the bound itself cannot', () => {
  for (const type of ['float16', 'bfloat16'] as const) {
    const bound = Math.fround(STORAGE_BOUND[type]);
    expect(() => storedNumbers(Float32Array.of(bound), type)).toThrow(RangeError);
    const below = new Float32Array(1);
    new Uint32Array(below.buffer)[0] = new Uint32Array(Float32Array.of(bound).buffer)[0]! - 1;
    expect(() => storedNumbers(below, type)).not.toThrow();
  }
});

test('a checkpoint keeps each row’s pieces, in each type, with a checksum each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'values-'));
  let files = 0;
  const piece = fc.array(fc.integer({ min: -128, max: 128 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(piece, piece), { maxLength: 6 }),
      fc.constantFrom('float32' as const, 'float16' as const, 'bfloat16' as const),
      async (rows, storage) => {
        const path = join(folder, `${files++}.pt`);
        const values = {
          data: Float32Array.from(rows.flat(2)),
          pieces: 2,
          counts: rows.flatMap((pieces) => pieces.map(({ length }) => length)),
          tokens: rows.map(([first]) => first.length),
        };
        const ids = rows.map((_, i) => `s${i}`);
        const data = Float32Array.from(rows, (_, i) => i);
        await writeCheckpoint(path, { data, shape: [rows.length, 1], values }, ids, {}, { storage });
        await using checkpoint = await openCheckpoint(path);
        expect(checkpoint.dtype).toBe(storage);
        const parts: number[] = [];
        for await (const part of checkpoint.verifiedRows(2)) parts.push(...part);
        expect(parts).toEqual([...data]);
        const table = await checkpoint.values();
        if (table === null || typeof table === 'string') throw new Error(`${table}`);
        expect(table).toMatchObject({ pieces: 2, counts: values.counts, tokens: values.tokens });
        const bytes = await readFile(path);
        let at = table.place.offset;
        for (const [nth, numbers] of rows.flat().entries()) {
          const length = numbers.length * (storage === 'float32' ? 4 : 2);
          const stored = Uint8Array.from(bytes.subarray(at, at + length));
          expect([...float32Of(storage, stored)]).toEqual(numbers);
          expect(crc32(stored)).toBe(table.checksums[nth]);
          at += length;
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a checkpoint without numbers of tokens says so, and counts that do not fit are refused', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'values-')), '0.pt');
  const rows = { data: Float32Array.of(1), shape: [1, 1] as const };
  const values = { data: Float32Array.of(1, 2), pieces: 1, counts: [2], tokens: [1] };
  for (const wrong of [
    { ...values, counts: [1] },
    { ...values, tokens: [] },
    { ...values, counts: [-2] },
    { ...values, pieces: 2 },
  ])
    await expect(writeCheckpoint(path, { ...rows, values: wrong }, ['a'], {})).rejects.toMatchObject({
      code: 'invalid_option',
    });
  await writeCheckpoint(path, rows, ['a'], {});
  await using checkpoint = await openCheckpoint(path);
  expect(await checkpoint.values()).toBeNull();
  await (await open(path)).close();
});
