import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointManifest } from '@holdfast/manifest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { historyOf } from './history.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('has the checkpoints of all shards in their order, and what went wrong in words', async () => {
  mkdirSync(join(folder, 'checkpoints'));
  const manifest = new CheckpointManifest(join(folder, 'checkpoints/manifest.json'));
  await manifest.initialize(2);
  await manifest.updateShardCheckpoint(1, 0, 5, 'a.pt');
  const then = Date.now();
  while (Date.now() === then) await new Promise(setImmediate);
  await manifest.updateShardCheckpoint(0, 0, 7, 'b.pt');
  mkdirSync(join(folder, 'logs'));
  const failed = { format: 1, time: '2026-03-01T09:00:00.000Z', event: 'failed', slot: 0, shard: 1 };
  const line = { ...failed, kind: 'crash', message: 'killed by SIGKILL' };
  appendFileSync(join(folder, 'logs/worker_0.log'), `${JSON.stringify(line)}\n`);
  const history = await historyOf(folder);
  expect(history.checkpoints.map(({ shard, rows }) => [shard, rows])).toEqual([
    [1, 5],
    [0, 7],
  ]);
  expect(history.incidents).toMatchObject([{ shard: 1, message: 'failed: killed by SIGKILL' }]);
  expect(history.at_least).toBe(false);
});

it('is empty before there is anything', async () => {
  expect(await historyOf(folder)).toEqual({
    checkpoints: [],
    commands: [],
    incidents: [],
    at_least: false,
  });
});

it('has every command, and by what it ended as far as that is known', async () => {
  const at = (minute: number) => `2026-03-01T09:0${minute}:00.000Z`;
  const starts = [
    { started: at(0) },
    { started: at(1), ended: at(3) },
    { started: at(4), ended: at(5) },
    { started: at(6) },
  ];
  writeFileSync(
    join(folder, '.holdfast-starts'),
    JSON.stringify({ format: 1, run: 'r', left_out: 0, starts }),
  );
  mkdirSync(join(folder, 'logs'));
  const stopped = { format: 1, time: at(2), event: 'stopped', signal: 'SIGTERM' };
  appendFileSync(join(folder, 'logs/coordinator.log'), `${JSON.stringify(stopped)}\n`);
  expect((await historyOf(folder)).commands).toEqual([
    { began: at(0), ended: null, signal: null },
    { began: at(1), ended: at(3), signal: 'SIGTERM' },
    { began: at(4), ended: at(5), signal: null },
    { began: at(6), ended: null, signal: null },
  ]);
  writeFileSync(join(folder, '.holdfast-starts'), 'torn');
  expect((await historyOf(folder)).commands).toEqual([]);
});
