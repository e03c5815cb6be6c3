import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskSpaceError } from '@holdfast/preflight';
import { layout } from '@holdfast/run-folder';
import { expect, test } from 'vitest';
import type { Disk } from '../events/plan-figures.js';
import type { RunEvent } from '../events.js';
import { checkDisks, disksOf } from './disks.js';

test('folders on one disk are one; what is removed first is room', async () => {
  const place = layout(join(await mkdtemp(join(tmpdir(), 'disks-')), 'out'));
  const need = { checkpoints: 100, result: 50 };
  const asked = async (more?: Parameters<typeof disksOf>[2]) => disksOf(place, need, more);
  expect(await asked()).toMatchObject([{ folder: place.out, need_bytes: 150, verdict: 'enough' }]);
  expect(await asked({ index: 10, freed: 120 })).toMatchObject([{ need_bytes: 40 }]);
  expect(await asked({ copy: layout(tmpdir()) })).toMatchObject([{ need_bytes: 200 }]);
  expect(await asked({ freed: 1000 })).toMatchObject([{ need_bytes: 0 }]);
});

const disk = (verdict: Disk['verdict']): Disk => ({
  folder: '/out',
  need_bytes: 2e9,
  free_bytes: 1e9,
  verdict,
});

test('too little is refused, unless it is to be ignored; close is warned of', () => {
  const said: RunEvent[] = [];
  const report = (event: RunEvent) => void said.push(event);
  checkDisks([disk('enough')], {}, report);
  expect(said).toEqual([]);
  expect(() => checkDisks([disk('short')], {}, report)).toThrow(DiskSpaceError);
  const message = '/out: the run needs 2.0 GB more on this disk, and only 1.0 GB are free';
  checkDisks([disk('short')], { ignoreDiskSpace: true }, report);
  checkDisks([disk('close')], {}, report);
  expect(said).toEqual([
    { type: 'warning', message },
    { type: 'warning', message },
  ]);
});
