import type { LockLook } from '@holdfast/file-lock';
import { describe, expect, test } from 'vitest';
import type { Facts } from '../facts.js';
import type { ManifestLook } from '../read/read-manifest.js';
import type { State } from '../status.js';
import { aCluster, aTask } from '../testing/cluster.js';
import { aBeat, facts, HOST, NOW, record, result } from '../testing/facts.js';
import { judge } from './judge.js';

const shards = (...records: Parameters<typeof record>[0][]): ManifestLook => ({
  is: 'read',
  updated: new Date(NOW - 1000).toISOString(),
  shards: records.map(record),
});
const half = shards({ status: 'complete', rows: 50 }, { rows: 20 });
const whole = shards({ status: 'complete', rows: 50 }, { status: 'complete', rows: 50 });
const ended = (code: number) => ({ ended: { at: '2026-11-28T11:00:00Z', message: 'so', exit_code: code } });
const held: LockLook = { state: 'held', holder: `process 77 on ${HOST}`, since: NOW - 60_000 };

/** As a login node sees a shared file system: it knows nothing of the tasks' locks. */
const shared = (given: Partial<Facts>) =>
  facts({ local: false, workers: 'free', cluster: aCluster(), manifest: half, ...given });

describe('the state, and what to do next', () => {
  const again = /^if no job of it is in the queue any more, type the line with holdfast submit again/;
  test.each<[what: string, given: Partial<Facts>, state: State, reason: RegExp, next: RegExp]>([
    ['planned', { manifest: shards({}, {}) }, 'planned', /no task has begun/, again],
    ['at work', { cluster: aCluster([aTask(0)]) }, 'running', /^1 task on n0$/, /to watch/],
    [
      'many at work',
      { cluster: aCluster([10, 9, 2, 1, 0, 0].map((index) => aTask(index))) },
      'running',
      /^6 tasks on 5 nodes \(n0, n1, n2, n9 and 1 more\)$/,
      /to watch/,
    ],
    [
      'paused',
      { cluster: aCluster([aTask(0, 2, { doing: 'paused: disk full; make room' }), aTask(1)]) },
      'running',
      /^2 tasks on n0, n1, 1 of them paused: disk full$/,
      /to watch/,
    ],
    [
      'silent tasks, and ended ones',
      { cluster: aCluster([aTask(0, 121), aTask(1, 2, ended(0))]) },
      'stopped',
      /^no task is at work, 1 of 2 shards left$/,
      again,
    ],
    [
      'silent tasks, one of which lives',
      { cluster: aCluster([aTask(0, 121)]), workers: 'held' },
      'running',
      /a task lives/,
      /to watch/,
    ],
    ['all ended', { cluster: aCluster([aTask(0, 2, ended(143))]) }, 'stopped', /1 of 2 shards left/, again],
    [
      'by hand',
      { cluster: aCluster([aTask(0, 2, ended(0))], { submitted: false }) },
      'stopped',
      /1 of 2 shards left/,
      /^start this on as many machines as you like$/,
    ],
    [
      'failed shards',
      { cluster: aCluster([aTask(0, 2, ended(4))]), manifest: shards({ status: 'failed' }, {}) },
      'failed',
      /^no task is at work, 2 of 2 shards left, 1 of them out of retries$/,
      again,
    ],
    ['computed', { manifest: whole }, 'computed', /^null$/, /^to join its shards, if no job/],
    ['being joined', { manifest: whole, lock: held }, 'running', /^null$/, /to watch/],
    [
      'a damaged manifest',
      { manifest: { is: 'damaged', why: 'x' } },
      'damaged',
      /manifest\.json is damaged/,
      /what is damaged/,
    ],
  ])('%s', (_what, given, state, reason, next) => {
    const status = judge(shared(given));
    expect(status.state).toBe(state);
    expect(String(status.reason)).toMatch(reason);
    expect(status.next.text).toMatch(next);
  });

  test('joined: complete, as on one machine', () => {
    const { glance } = facts({ result: result() });
    const { state, next } = judge(
      shared({ glance, manifest: whole, cluster: aCluster([aTask(0, 9, ended(0))]) }),
    );
    expect([state, next.text]).toEqual(['complete', expect.stringMatching(/^the result is in out/)]);
  });

  test('a manifest that tasks write is no sign of life of a command', () => {
    const lock: LockLook = { ...held, state: 'free', holder: 'process 77 on far' };
    const { command } = judge(shared({ lock, cluster: aCluster([aTask(0)]) }));
    expect(command).toMatchObject({ running: null, workers_alive: false });
  });
});

describe('a task', () => {
  const states = (given: Partial<Facts>) => judge(shared(given)).cluster!.tasks.map(({ state }) => state);

  test('is silent if another beat is newer by more than the lease, whatever this clock says', () => {
    const cluster = aCluster([aTask(0, -1000), aTask(1, -880), aTask(2, -879), aTask(3, 119)]);
    expect(states({ cluster })).toEqual(['working', 'working', 'silent', 'silent']);
    expect(states({ cluster: aCluster([aTask(0, 119), aTask(1, 121)]) })).toEqual(['working', 'silent']);
  });
  test('that holds no lock on a disk of this machine was killed', () => {
    const cluster = aCluster([aTask(0), aTask(1, 3, ended(0))]);
    expect(states({ cluster, local: true })).toEqual(['killed', 'ended']);
    expect(states({ cluster, local: true, workers: 'held' })).toEqual(['working', 'ended']);
    expect(states({ cluster, local: true, workers: 'unknown' })).toEqual(['working', 'ended']);
  });
  test('of another run is not shown', () => {
    expect(states({ cluster: aCluster([aTask(0, 2, { run: 'f'.repeat(64) }), aTask(1)]) })).toEqual([
      'working',
    ]);
  });
});

describe('counts', () => {
  const atWork = (shard: number, sequences: number, done: number) => ({
    shards: [{ shard, sequences, done }],
  });

  test('what tasks at work have embedded counts, that of others only if it is saved', () => {
    const three = shards({ status: 'complete', rows: 40 }, { rows: 20 }, { rows: 4 });
    const cluster = aCluster([
      aTask(0, 2, { ...atWork(1, 30, 25), tokens_per_second: 10, shards_embedded: 0.5 }),
      aTask(1, 2, { tokens_per_second: 5, shards_embedded: 0.5 }),
      aTask(2, 200, { ...atWork(2, 30, 29), tokens_per_second: 7, shards_embedded: 9 }),
      aTask(3, 200, { ...atWork(1, 30, 28) }),
    ]);
    const status = judge(shared({ cluster, manifest: three }));
    expect(status).toMatchObject({ sequences_done: 64, sequences_embedded: 69, sequences_total: 100 });
    expect(status.shards.map((each) => [each.sequences_embedded, each.sequences_total])).toEqual([
      [40, null],
      [25, 30],
      [4, null],
    ]);
    expect(status.tokens_per_second).toBe(15);
    // A shard and a sixth at one shard a minute.
    expect(status.seconds_left).toBe(70);
  });
  test('two tasks at one shard count once', () => {
    const cluster = aCluster([aTask(0, 1, atWork(1, 50, 30)), aTask(1, 2, atWork(1, 50, 40))]);
    expect(judge(shared({ cluster })).sequences_embedded).toBe(90);
  });
  test('without a task nothing says how long it takes', () => {
    expect(judge(shared({}))).toMatchObject({ tokens_per_second: null, seconds_left: null });
  });
});

test('what happened to tasks since the plan is told with their names, and is no end of the command', () => {
  const event = (type: string, fields: object, before: number) => ({
    type,
    time: new Date(NOW - before).toISOString(),
    of: '9_1',
    ...fields,
  });
  const events = [
    event('failed', { slot: 0, shard: 1, kind: 'oom', message: 'old' }, 601_000),
    event('failed', { slot: 0, shard: 1, kind: 'oom', message: 'no memory' }, 300_000),
    event('spawned', { slot: 0, pid: 9 }, 200_000),
    event('stopped', { signal: 'SIGTERM' }, 100_000),
  ];
  const logs = { events, cut: true, unreadable: 0, written: null };
  const status = judge(shared({ logs, lock: held, heartbeat: aBeat() }));
  expect(status.failures).toMatchObject({
    failures: 1,
    at_least: true,
    newest: [{ task: '9_1', slot: 0, message: 'failed: no memory' }],
  });
  expect(status.workers).toEqual([]);
  expect(judge(shared({ logs })).command!.ended).toBe(null);
});

test('a damaged record, and beats that cannot be read, are told of', () => {
  const cluster = aCluster([aTask(0, 121)], { leaseSec: null, fault: 'it is not JSON', unreadable: 2 });
  const { notes, cluster: seen } = judge(shared({ cluster }));
  expect(notes).toEqual([
    expect.stringMatching(/^cluster\/work\.json is damaged \(it is not JSON\); type the line/),
    expect.stringMatching(/^2 files in cluster\/tasks could not be read/),
  ]);
  expect(seen!.tasks[0]!.state).toBe('silent');
});

test('what tasks have embedded was counted when the one that was silent longest wrote its beat', () => {
  const shards = [{ shard: 1, sequences: 50, done: 30 }];
  const cluster = aCluster([aTask(0, 2, { shards }), aTask(1, 45, { shards }), aTask(2, 60), aTask(3, 500)]);
  expect(judge(shared({ cluster })).embedded_at).toBe(new Date(NOW - 45_000).toISOString());
  expect(judge(shared({ cluster: aCluster([aTask(2, 60)]) })).embedded_at).toBeNull();
});

test('each shard has the time at which its own task counted, and what that has not saved', () => {
  const atWork = (shard: number, done: number, saved: number) => ({
    shards: [{ shard, sequences: 50, done, saved }],
  });
  const cluster = aCluster([aTask(0, 2, atWork(0, 30, 25)), aTask(1, 45, atWork(1, 40, 40))]);
  // Five of the saved ones of each are quarantined.
  const manifest = shards({ rows: 20 }, { rows: 35 });
  expect(judge(shared({ cluster, manifest })).shards).toMatchObject([
    { sequences_unsaved: 5, embedded_at: new Date(NOW - 2000).toISOString() },
    { sequences_unsaved: 0, embedded_at: new Date(NOW - 45_000).toISOString() },
  ]);
});
