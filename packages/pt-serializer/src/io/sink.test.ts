import { mkdtemp, open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tensor } from '../tensors/pt-value.js';
import { encodePt, writePt } from '../write.js';

const value = { rows: tensor('uint8', [50_000_000], new Uint8Array(50_000_000).fill(3)) };

async function opened() {
  const path = join(await mkdtemp(join(tmpdir(), 'pt-')), 'synced.pt');
  return { path, file: await open(path, 'w') };
}

test('a file written with sync is synced last, and has the same bytes', async () => {
  const { path, file } = await opened();
  const calls: string[] = [];
  for (const name of ['write', 'datasync', 'sync'] as const) {
    const real = file[name].bind(file) as (...args: unknown[]) => Promise<unknown>;
    Object.assign(file, {
      [name]: async (...args: unknown[]) => {
        const result = await real(...args);
        calls.push(name);
        return result;
      },
    });
  }
  await writePt(file, value, { sync: true });
  await file.close();
  expect(calls.at(-1)).toBe('sync');
  expect(calls).toContain('datasync');
  expect(Buffer.compare(await readFile(path), await encodePt(value))).toBe(0);
});

test('a device that fails while more is written fails the writing', async () => {
  const { file } = await opened();
  const failure = new Error('EIO');
  // The system reports the failure once: the sync at the end would succeed.
  Object.assign(file, { datasync: async () => Promise.reject(failure) });
  await expect(writePt(file, value, { sync: true })).rejects.toBe(failure);
  await file.close();
});

test('short writes are continued until everything is written', async () => {
  const { path, file } = await opened();
  const real = file.write.bind(file);
  Object.assign(file, {
    write: (bytes: Uint8Array, offset: number, length: number) => real(bytes, offset, Math.min(length, 1000)),
  });
  const small = { rows: tensor('uint8', [12_345], new Uint8Array(12_345).fill(5)) };
  await writePt(file, small);
  await file.close();
  expect(Buffer.compare(await readFile(path), await encodePt(small))).toBe(0);
});

test('only an open file can be synced', async () => {
  await expect(writePt({ write: async () => undefined }, null, { sync: true })).rejects.toThrow(RangeError);
});
