import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOM_BYTES } from '@holdfast/fasta';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppendFile } from './append-file.js';

test('appended bytes are read back, before and after they are written', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'append-')), 'f');
  const file = await AppendFile.create(path);
  const parts: Buffer[] = [];
  for (let i = 0; i < 12; i++) {
    const part = Buffer.alloc(ROOM_BYTES - 1000, `${i},`);
    parts.push(part);
    file.append(part);
    await file.settle();
    const all = Buffer.concat(parts);
    expect(file.length).toBe(all.length);
    // Ranges in the file, in the buffer, and across both.
    for (const back of [1, 10, ROOM_BYTES, 2 * ROOM_BYTES, all.length]) {
      const offset = Math.max(0, all.length - back);
      expect(Buffer.compare(file.readBack(offset, all.length - offset), all.subarray(offset))).toBe(0);
    }
    expect(Buffer.compare(file.readBack(0, 5), all.subarray(0, 5))).toBe(0);
  }
  await file.finish();
  await file.close();
  expect((await readFile(path)).equals(Buffer.concat(parts))).toBe(true);
});

test('numbers are little-endian', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'append-')), 'f');
  const file = await AppendFile.create(path);
  file.appendU32(0x01020304);
  file.appendU64(2 ** 40 + 5);
  file.appendByte(0xff);
  await file.finish();
  await file.close();
  expect((await readFile(path)).toString('hex')).toBe('0403020105000000000100' + '00ff');
});

test('bytes that are cut out leave no trace, wherever they are, and the checksums are those of the rest', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'append-'));
  const part = fc.record({
    bytes: fc.integer({ min: 0, max: 400_000 }),
    /** Whether it is cut out, with bytes behind it or without. */
    fate: fc.constantFrom('kept' as const, 'cut' as const, 'cut with a rest' as const),
    rest: fc.integer({ min: 1, max: 1000 }),
  });
  const property = fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 20 }), async (parts) => {
    const [file, plain] = [
      await AppendFile.create(join(folder, 'cut')),
      await AppendFile.create(join(folder, 'plain')),
    ];
    let final = 0;
    for (const [i, { bytes, fate, rest }] of parts.entries()) {
      const [piece, more] = [Buffer.alloc(bytes, `${i};`), Buffer.alloc(rest, '!')];
      // A long record comes in several portions.
      for (let at = 0; at < bytes; at += 100_000) {
        file.append(piece.subarray(at, at + 100_000));
        await file.settle(final);
      }
      const end = file.length;
      if (fate === 'cut with a rest') file.append(more);
      if (fate !== 'kept') file.cut(final, end);
      const kept = fate === 'kept' ? piece : fate === 'cut' ? Buffer.alloc(0) : more;
      plain.append(kept);
      final += kept.length;
      expect(file.length).toBe(final);
      await file.settle(final);
      await plain.settle();
    }
    expect(await file.finish()).toEqual(await plain.finish());
    await file.close();
    await plain.close();
    const [got, due] = [await readFile(file.path), await readFile(plain.path)];
    expect(got.equals(due)).toBe(true);
  });
  await fc.assert(property, { numRuns: 60 });
});
