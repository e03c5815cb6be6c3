import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256File } from './sha256-file.js';

const folder = await mkdtemp(join(tmpdir(), 'sha256-'));
const { signal } = new AbortController();

test.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 * (1 << 20) + 7])('of %i bytes', async (length) => {
  const bytes = Buffer.from(Array.from({ length: 251 }, (_, i) => i));
  const all = Buffer.alloc(length, bytes);
  const path = join(folder, `${length}`);
  await writeFile(path, all);
  expect(await sha256File(path, signal)).toBe(createHash('sha256').update(all).digest('hex'));
});

test('what cannot be read is named, and a signal ends it with its reason', async () => {
  await expect(sha256File(join(folder, 'none'), signal)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(sha256File(folder, signal)).rejects.toThrow(folder);
  const path = join(folder, 'large');
  await writeFile(path, Buffer.alloc(1 << 23));
  const stop = new AbortController();
  const hashing = sha256File(path, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(hashing).rejects.toThrow('stopped');
});
