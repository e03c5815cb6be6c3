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
    { began: at(0), ended: null, signal: null, left_out: 0 },
    { began: at(1), ended: at(3), signal: 'SIGTERM', left_out: 0 },
    { began: at(4), ended: at(5), signal: null, left_out: 0 },
    { began: at(6), ended: null, signal: null, left_out: 0 },
  ]);
  writeFileSync(join(folder, '.holdfast-starts'), 'torn');
  expect((await historyOf(folder)).commands).toEqual([]);
});

it('of a long list, knows where commands are left out, and what stopped them stopped no other', async () => {
  const at = (minute: number) => new Date(Date.parse('2026-03-01T09:00:00Z') + 60_000 * minute).toISOString();
  // Each of 110 commands had a minute, and a signal stopped it after half of it.
  const all = Array.from({ length: 110 }, (_, minute) => ({ started: at(minute), ended: at(minute + 0.6) }));
  for (const ended of [at(9.6), undefined]) {
    const tenth = { started: at(9), ...(ended && { ended }) };
    const starts = [...all.slice(0, 9), tenth, ...all.slice(-90)];
    writeFileSync(
      join(folder, '.holdfast-starts'),
      JSON.stringify({ format: 1, run: 'r', left_out: 10, starts }),
    );
    mkdirSync(join(folder, 'logs'), { recursive: true });
    const stops = [8.5, ...(ended ? [9.5] : []), 12.5, 20.5].map((minute) => ({
      format: 1,
      time: at(minute),
      event: 'stopped',
      signal: `SIG${minute}`,
    }));
    const lines = stops.map((stop) => `${JSON.stringify(stop)}\n`).join('');
    writeFileSync(join(folder, 'logs/coordinator.log'), lines);
    const { commands } = await historyOf(folder);
    expect(commands.slice(8, 11)).toEqual([
      { began: at(8), ended: at(8.6), signal: 'SIG8.5', left_out: 0 },
      { began: at(9), ended: ended ?? null, signal: ended ? 'SIG9.5' : null, left_out: 0 },
      { began: at(20), ended: at(20.6), signal: 'SIG20.5', left_out: 10 },
    ]);
  }
});

it('has no commands of a run on several machines: only joins are recorded', async () => {
  const starts = [{ started: '2026-03-01T09:00:00.000Z', ended: '2026-03-01T09:01:00.000Z' }];
  const record = { format: 1, run: 'r', left_out: 0, starts };
  writeFileSync(join(folder, '.holdfast-starts'), JSON.stringify(record));
  expect((await historyOf(folder)).commands).toHaveLength(1);
  mkdirSync(join(folder, 'cluster'));
  writeFileSync(join(folder, 'cluster/work.json'), '{}');
  expect((await historyOf(folder)).commands).toEqual([]);
});
