import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout } from '@holdfast/run-folder';
import { parseHeartbeat } from '@holdfast/status';
import { beforeEach, expect, test } from 'vitest';
import type { RunEvent } from '../events.js';
import { Heartbeat } from './heartbeat.js';

let place: ReturnType<typeof layout>;
let reported: RunEvent[];
let heartbeat: Heartbeat;
beforeEach(async () => {
  place = layout(await mkdtemp(join(tmpdir(), 'heartbeat-')));
  reported = [];
  heartbeat = new Heartbeat(place, (event) => void reported.push(event));
});

const indexing: RunEvent = { type: 'indexing', file: 'a.fa', bytes: 7, sequences: 2, residues: 5 };
const assembling: RunEvent = { type: 'assembling', file: 'e' };
const warning: RunEvent = { type: 'warning', message: 'w' };
const shards = [
  { firstPosition: 0, endPosition: 6 },
  { firstPosition: 6, endPosition: 10 },
];
const written = () => parseHeartbeat(readFileSync(place.heartbeat, 'utf8'));

test('every event is passed on, in order, before the folder is held and after', async () => {
  heartbeat.report(warning);
  await heartbeat.during(async () => {
    heartbeat.report(indexing);
    heartbeat.report(assembling);
  });
  expect(reported).toEqual([warning, indexing, assembling]);
});

test('a command that is complete leaves none', async () => {
  await heartbeat.during(async () => {
    heartbeat.report(indexing);
    heartbeat.planned('r', shards, [0, 0]);
  });
  expect(existsSync(place.heartbeat)).toBe(false);
});

test('a command that fails with a run in place leaves why', async () => {
  const failing = heartbeat.during(async () => {
    heartbeat.report(indexing);
    heartbeat.planned('r', shards, [6, 0]);
    heartbeat.report({ type: 'coordinator', event: { type: 'spawned', slot: 0, pid: 5, attempt: 1 } });
    heartbeat.report({
      type: 'coordinator',
      event: { type: 'resumed', slot: 0, shard: 1, sequences: 1, quarantined: 0 },
    });
    for (const sequences of [2, 9])
      heartbeat.report({ type: 'coordinator', event: { type: 'progress', slot: 0, shard: 1, sequences } });
    heartbeat.report({
      type: 'progress',
      sequences_done: 10,
      sequences_total: 10,
      tokens_per_second: 1.5,
      seconds_left: 0,
    });
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(written()).toMatchObject({
    run: 'r',
    pid: process.pid,
    phase: 'embedding',
    sequences_done: 10,
    tokens_per_second: 1.5,
    workers: [{ slot: 0, pid: 5, state: 'embedding', shard: 1 }],
    shards: { sequences: [6, 4], done: [6, 4] },
    ended: { message: 'the disk is full' },
  });
});

test('sequences that a worker takes with it leave the counts at once', async () => {
  const progress = (sequences_done: number): RunEvent => ({
    type: 'progress',
    sequences_done,
    sequences_total: 10,
    tokens_per_second: null,
    seconds_left: null,
  });
  const work = (event: object) =>
    heartbeat.report({ type: 'coordinator', event: { slot: 0, ...event } } as unknown as RunEvent);
  await heartbeat.during(async () => {
    heartbeat.planned('r', shards, [2, 4]);
    work({ type: 'resumed', shard: 0, sequences: 2 });
    heartbeat.report(progress(6));
    work({ type: 'progress', shard: 0, sequences: 1, nextBatch: 2 });
    work({ type: 'progress', shard: 0, sequences: 2, nextBatch: 3 });
    heartbeat.report(progress(9));
    // The one sequence is quarantined.
    work({ type: 'checkpoint', shard: 0, sequences: 0, endBatch: 2 });
    work({ type: 'exited', exitCode: null, signal: 'SIGKILL' });
    heartbeat.report(progress(7));
    // It is written beside the work, and long before the next beat is due.
    while (!existsSync(place.heartbeat) || written().workers[0]?.state !== 'gone')
      await new Promise(setImmediate);
    expect(written()).toMatchObject({ sequences_done: 7, shards: { done: [3, 4], saved: [3, 4] } });
  });
});

test('a command that fails before it has a run leaves none', async () => {
  const failing = heartbeat.during(async () => {
    heartbeat.report(indexing);
    throw new Error('a bad letter');
  });
  await expect(failing).rejects.toThrow('a bad letter');
  expect(existsSync(place.heartbeat)).toBe(false);
});

test('a command that only looks at a finished run writes none', async () => {
  await heartbeat.during(async () => {
    heartbeat.report({ type: 'waiting', reason: 'still checking' });
    heartbeat.report(warning);
    await new Promise((resolve) => setImmediate(resolve));
    expect([existsSync(place.heartbeat), existsSync(`${place.heartbeat}.tmp`)]).toEqual([false, false]);
  });
});

test('one that cannot be written or removed changes nothing', async () => {
  mkdirSync(place.heartbeat);
  const work = heartbeat.during(async () => {
    heartbeat.report(indexing);
    return 3;
  });
  expect(await work).toBe(3);
  await rm(place.out, { recursive: true });
  expect(await new Heartbeat(place, () => undefined).during(async () => 4)).toBe(4);
});
