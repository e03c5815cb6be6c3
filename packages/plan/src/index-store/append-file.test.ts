import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOM_BYTES } from '@holdfast/fasta';
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
