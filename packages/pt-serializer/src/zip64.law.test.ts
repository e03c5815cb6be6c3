import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPt } from './open.js';
import type { LazyTensor } from './tensors/lazy-tensor.js';
import { tensor } from './tensors/pt-value.js';
import { writePt } from './write.js';

const CHUNK = new Uint8Array(1 << 26);
const ROWS = 2 ** 32 / CHUNK.length + 1;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pt-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Writes a file in which the chunk of zeros is a hole, so gigabytes take no space. */
function sparse(file: FileHandle) {
  let at = 0;
  return {
    async write(bytes: Uint8Array) {
      if (bytes !== CHUNK) await file.write(bytes, 0, bytes.length, at);
      at += bytes.length;
    },
  };
}

test('a tensor larger than 4 GiB, and one after it, are written and read', async () => {
  const path = join(folder, 'large.pt');
  const file = await open(path, 'w');
  const last = new Uint8Array(CHUNK.length).fill(5);
  function* zeros() {
    for (let row = 1; row < ROWS; row++) yield CHUNK;
    yield last;
  }
  const behind = Float32Array.from({ length: 100 }, (_, i) => i);
  await writePt(sparse(file), {
    large: tensor('uint8', [ROWS, CHUNK.length], zeros),
    behind: tensor('float32', [100], behind),
  });
  await file.close();
  // After the large tensor: its descriptor with sizes of 8 bytes, then a header with its own offset.
  const raw = await open(path, 'r');
  const { size } = await raw.stat();
  const tail = Buffer.alloc(1 << 12);
  await raw.read(tail, 0, tail.length, size - tail.length);
  await raw.close();
  const tailAt = size - tail.length;
  const descriptor = tail.indexOf('PK\x07\x08');
  const large8 = Buffer.alloc(8);
  large8.writeBigUInt64LE(BigInt(ROWS * CHUNK.length));
  expect(tail.subarray(descriptor + 8, descriptor + 24)).toEqual(Buffer.concat([large8, large8]));
  const header = descriptor + 24;
  expect(tail.toString('latin1', header, header + 4)).toBe('PK\x03\x04');
  const extra = header + 30 + tail.readUInt16LE(header + 26);
  expect([tail.readUInt16LE(extra), tail.readUInt16LE(extra + 2)]).toEqual([1, 8]);
  expect(tail.readBigUInt64LE(extra + 4)).toBe(BigInt(tailAt + header));
  expect(tail.toString('latin1', extra + 12, extra + 14)).toBe('FB');
  await using pt = await openPt(path);
  const value = pt.value as Map<string, LazyTensor>;
  const large = value.get('large')!;
  expect(large.shape).toEqual([ROWS, CHUNK.length]);
  expect(Buffer.compare(await large.readRows(ROWS - 1, ROWS), last)).toBe(0);
  expect(Buffer.from(await value.get('behind')!.readBytes())).toEqual(Buffer.from(behind.buffer));
});
