import { mkdir, mkdtemp, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout, taskBeat } from '@holdfast/run-folder';
import { expect, test } from 'vitest';
import { Beats, leaseOf } from './beats.js';

test('a task that asks about many others writes its own beat once', async () => {
  const place = layout(await mkdtemp(join(tmpdir(), 'beats-')));
  await mkdir(place.tasks, { recursive: true });
  const now = new Date();
  for (let i = 0; i < 20; i++) {
    const path = taskBeat(place, `other_${i}`);
    await writeFile(path, '');
    const then = new Date(now.getTime() - 60_000);
    await utimes(path, then, then);
  }
  let written = 0;
  const beats = new Beats(place, 'me', leaseOf(3600), () => {
    written++;
    return '';
  });
  try {
    for (let i = 0; i < 20; i++) expect(await beats.silentMs(`other_${i}`)).toBeGreaterThan(50_000);
    expect(written).toBeLessThan(20);
    expect(await beats.silentMs('nobody')).toBeNull();
  } finally {
    await beats.end();
  }
});
