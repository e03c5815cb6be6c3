import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freeSpace } from './free-space.js';

test('a folder that does not exist yet has the room of the closest one above it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'free-'));
  const space = await freeSpace(join(folder, 'not', 'yet'));
  expect(space).toMatchObject({ device: (await stat(folder)).dev });
  expect(space!.bytes).toBeGreaterThan(0);
});
