import { parseTaskBeat } from '@holdfast/status';
import { beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../events.js';
import { TaskState } from './task-state.js';

const task = {
  name: '9_1',
  engine: 'slurm',
  job: '9_1',
  start: 2,
  index: 1,
  count: 3,
  node: 'n1',
} as const;
const started = new Date('2026-11-28T12:00:00Z');
const at = new Date('2026-11-28T12:01:00Z');

let state: TaskState;
beforeEach(() => {
  state = new TaskState('f'.repeat(64), task, {
    pid: 5,
    started,
    sizeOf: (shard) => (shard === 4 ? 40 : 10),
  });
});
const beat = () => parseTaskBeat(state.text(at));
/** An event of the coordinator. */
const heard = (type: string, fields: object = {}) =>
  state.heard({ type: 'coordinator', event: { type, slot: 0, ...fields } } as unknown as RunEvent);

test('who it is, and that it prepares', () => {
  expect(beat()).toEqual({
    format: 1,
    run: 'f'.repeat(64),
    task: '9_1',
    engine: 'slurm',
    job: '9_1',
    start: 2,
    node: 'n1',
    pid: 5,
    started: '2026-11-28T12:00:00.000Z',
    at: '2026-11-28T12:01:00.000Z',
    doing: 'preparing',
    shards: [],
    completed: 0,
    failed: 0,
    lost: 0,
    sequences: 0,
    shards_embedded: 0,
    tokens_per_second: null,
    ended: null,
  });
});

test('the life of a shard: what an earlier owner saved counts for the shard, not for this start', () => {
  heard('spawned', { pid: 6 });
  expect(beat().doing).toBe('loading the model');
  heard('assigned', { shard: 4, attempt: 1 });
  expect(beat()).toMatchObject({ doing: null, shards: [{ shard: 4, sequences: 40, done: 0 }] });
  heard('resumed', { shard: 4, sequences: 30 });
  heard('progress', { shard: 4, sequences: 8 });
  expect(beat()).toMatchObject({
    shards: [{ shard: 4, sequences: 40, done: 38, saved: 30 }],
    sequences: 8,
    shards_embedded: 0.2,
  });
  heard('complete', { shard: 4 });
  expect(beat()).toMatchObject({ shards: [], completed: 1, sequences: 8, shards_embedded: 0.2 });
});

test('a shard whose worker died counts from its checkpoints', () => {
  heard('assigned', { shard: 1, attempt: 1 });
  heard('progress', { shard: 1, sequences: 6 });
  expect(heard('exited', { exit_code: 1 })).toBe(true);
  // At once, whoever takes the shard later.
  expect(beat().shards).toEqual([{ shard: 1, sequences: 10, done: 0, saved: 0 }]);
  expect(heard('spawned', { pid: 7 })).toBe(false);
  heard('assigned', { shard: 1, attempt: 2 });
  heard('resumed', { shard: 1, sequences: 4 });
  expect(beat().shards).toEqual([{ shard: 1, sequences: 10, done: 4, saved: 4 }]);
});

test('shards that are out of retries, and lost ones, are counted and no longer its own', () => {
  for (const shard of [1, 2, 3]) heard('assigned', { shard, attempt: 1 });
  heard('shard_failed', { shard: 1, message: 'no' });
  heard('claim_lost', { shard: 2, message: 'no' });
  expect(beat()).toMatchObject({ failed: 1, lost: 1, completed: 0, shards: [{ shard: 3 }] });
  // Batches of a lost shard may still arrive.
  heard('progress', { shard: 2, sequences: 5 });
  expect(beat()).toMatchObject({ sequences: 5, shards: [{ shard: 3, done: 0 }] });
});

test('speed, a full disk, and the device that it tries', () => {
  state.heard({ type: 'trying_device', device: 'cuda' } as RunEvent);
  expect(beat().doing).toBe('testing the device cuda');
  state.heard({ type: 'progress', tokens_per_second: 12.5 } as RunEvent);
  expect(beat().tokens_per_second).toBe(12.5);
  state.heard({ type: 'paused', folder: 'out' } as RunEvent);
  expect(beat().doing).toBe('paused: disk full; make room on the disk of out');
  state.heard({ type: 'continued' } as RunEvent);
  expect(beat().doing).toBe(null);
});

test('how it ended is said last', () => {
  heard('assigned', { shard: 4, attempt: 1 });
  state.ended('stopped by SIGTERM', 143, at);
  expect(beat()).toMatchObject({
    doing: null,
    shards: [],
    ended: { at: at.toISOString(), message: 'stopped by SIGTERM', exit_code: 143 },
  });
});
