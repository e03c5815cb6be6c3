import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from '@holdfast/pt-serializer';
import { beforeEach, expect, test } from 'vitest';
import { writeCheckpoint } from '../write/write.js';
import { formatMarker } from './marker.js';
import { openCheckpoint } from './open.js';
import { setAside } from './shard.js';

let folder: string;
const at = (index: number) => join(folder, `batch_0000${index}.pt`);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'proof-'));
  for (const index of [0, 1, 2])
    await writeCheckpoint(
      at(index),
      { data: new Float32Array(6).fill(index), shape: [2, 3] },
      ['a', 'b'],
      {},
    );
});

async function proof(path: string): Promise<string | null> {
  await using checkpoint = await openCheckpoint(path, 'length');
  return checkpoint.proof();
}

test('a changed row is found by the marker, and by the archive where the marker was made to fit', async () => {
  expect(await proof(at(1))).toBeNull();
  const bytes = await readFile(at(1));
  const row = bytes.indexOf(Buffer.from(Float32Array.of(1).buffer));
  bytes[row]! ^= 1;
  await writeFile(at(1), bytes);
  expect(await proof(at(1))).toMatch(/^its content does not match its \.done marker \(CRC-32\): .*data\/0/);
  await writeFile(`${at(1)}.done`, formatMarker({ bytes: bytes.length, crc32: crc32(bytes) }));
  expect(await proof(at(1))).toMatch(/^failed to load: .*data\/0: its CRC-32 does not match/);
});

test('a signal ends it', async () => {
  await using checkpoint = await openCheckpoint(at(0), 'length');
  await expect(checkpoint.proof(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
});

test('setAside keeps what is unfinished where that is asked for', async () => {
  await rm(`${at(2)}.done`);
  await writeFile(`${at(2)}.0123456789ab.tmp`, 'half');
  expect(await setAside(folder, 1, { unfinished: 'keep' })).toEqual([`${at(1)}.corrupt`, `${at(2)}.corrupt`]);
  expect((await readdir(folder)).sort()).toEqual([
    ...['batch_00000.pt', 'batch_00000.pt.done', 'batch_00001.pt.corrupt', 'batch_00001.pt.corrupt.done'],
    ...['batch_00002.pt.0123456789ab.tmp', 'batch_00002.pt.corrupt'],
  ]);
});
