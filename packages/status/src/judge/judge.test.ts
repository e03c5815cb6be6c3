import type { LockLook } from '@holdfast/file-lock';
import { describe, expect, test } from 'vitest';
import type { ManifestLook } from '../read/read-manifest.js';
import type { State } from '../status.js';
import { aBeat, facts, HOST, NOW, RUN, record, result, run } from '../testing/facts.js';
import { judge } from './judge.js';

type Given = Parameters<typeof facts>[0] & object;

const held: LockLook = { state: 'held', holder: `process 77 on ${HOST}`, since: NOW - 60_000 };
const free: LockLook = { ...held, state: 'free' };
const missing = { is: 'missing' } as const;
const damaged = { is: 'damaged', why: 'it is not JSON' } as const;
const shards = (...records: Parameters<typeof record>[0][]): ManifestLook => ({
  is: 'read',
  updated: new Date(NOW - 40_000).toISOString(),
  shards: records.map(record),
});
const half = shards({ status: 'complete', rows: 50 }, { rows: 20 });
const whole = shards({ status: 'complete', rows: 50 }, { status: 'complete', rows: 50 });
const folder = facts().folder;

describe('the state, and what to do next', () => {
  test.each<[what: string, given: Given, state: State, reason: RegExp | null, command: string | null]>([
    [
      'nothing there',
      { folder: { ...folder, is: 'missing', ofRun: false } },
      'none',
      /does not exist/,
      'holdfast embed INPUT --out out',
    ],
    [
      'a file',
      { folder: { ...folder, is: 'file', ofRun: false } },
      'none',
      /is a file/,
      'holdfast embed INPUT --out out',
    ],
    [
      "somebody's folder",
      { folder: { ...folder, ofRun: false, names: ['a.txt', 'b'] } },
      'none',
      /holds a\.txt, b$/,
      'holdfast embed INPUT --out out',
    ],
    [
      'a folder of runs',
      { folder: { ...folder, ofRun: false, names: ['x', 'y'], runs: ['y'] } },
      'none',
      /these folders in it do: y$/,
      'holdfast embed INPUT --out out',
    ],
    [
      'a lock alone',
      { folder: { ...folder, ofRun: false }, lock: held, run: missing, result: missing },
      'planning',
      null,
      'holdfast status out --watch',
    ],
    ['the input is read', { lock: held, run: missing }, 'planning', null, 'holdfast status out --watch'],
    [
      'killed while the input was read',
      { lock: free, run: missing },
      'stopped',
      /nothing was embedded/,
      null,
    ],
    ['running', { lock: held, manifest: half }, 'running', null, 'holdfast status out --watch'],
    [
      'begun, without a shard yet',
      { lock: held, manifest: missing },
      'running',
      null,
      'holdfast status out --watch',
    ],
    ['killed', { lock: free, manifest: half }, 'stopped', null, 'holdfast embed in.fa --out out --model tnf'],
    [
      'given up',
      { lock: free, manifest: shards({ status: 'failed', error: 'no' }, {}) },
      'failed',
      /1 of 2 shards/,
      'holdfast embed in.fa --out out --model tnf',
    ],
    [
      'running, with a failed shard',
      { lock: held, manifest: shards({ status: 'failed' }, {}) },
      'running',
      null,
      'holdfast status out --watch',
    ],
    [
      'complete',
      { lock: free, manifest: whole, result: result() },
      'complete',
      null,
      'holdfast dashboard out',
    ],
    [
      'complete, and looked at by a command',
      { lock: held, manifest: whole, result: result() },
      'complete',
      null,
      'holdfast dashboard out',
    ],
    ['joined', { lock: held, manifest: whole }, 'running', null, 'holdfast status out --watch'],
    [
      'all embedded, not joined',
      { lock: free, manifest: whole },
      'stopped',
      null,
      'holdfast embed in.fa --out out --model tnf',
    ],
    [
      'being replaced',
      { lock: held, manifest: whole, result: result(), restart: true },
      'replacing',
      null,
      'holdfast status out --watch',
    ],
    [
      'a replacement that was killed',
      { lock: free, result: result(), restart: true },
      'replacing',
      /has ended/,
      null,
    ],
    [
      'a damaged record',
      { lock: free, run: damaged },
      'damaged',
      /run\.json.*not JSON/,
      'holdfast verify out',
    ],
    [
      'a lost record',
      { lock: free, run: missing, manifest: half },
      'damaged',
      /run\.json is missing/,
      'holdfast verify out',
    ],
    [
      'a damaged manifest',
      { lock: free, manifest: damaged },
      'damaged',
      /manifest\.json/,
      'holdfast verify out',
    ],
    [
      'a damaged manifest of a running command',
      { lock: held, manifest: damaged },
      'running',
      null,
      'holdfast status out --watch',
    ],
    [
      'a damaged result',
      { lock: free, manifest: whole, result: damaged },
      'damaged',
      /result\.json/,
      'holdfast verify out',
    ],
    [
      "another run's result",
      { lock: free, manifest: whole, result: result({ run: 'f'.repeat(64) }) },
      'damaged',
      /another run/,
      'holdfast verify out',
    ],
    [
      'a result without a file',
      { lock: free, manifest: whole, result: result(), wrongFiles: ['ids.txt is missing'] },
      'damaged',
      /ids\.txt is missing/,
      'holdfast verify out',
    ],
  ])('%s', (_what, given, state, reason, command) => {
    const status = judge(facts(given));
    expect(status.state).toBe(state);
    if (reason === null) expect(status.reason).toBe(null);
    else expect(status.reason).toMatch(reason);
    expect(status.next.command).toBe(command);
  });
});

describe('whether a command works there', () => {
  const known = (given: Given) => {
    const { running, known_by } = judge(facts({ manifest: half, ...given })).command!;
    return [running, known_by];
  };
  const elsewhere = { holder: 'process 77 on far', since: NOW - 60_000 };
  const lately = new Date(NOW - 3000).toISOString();

  test('a lock that is held says so, wherever its holder is', () => {
    expect(known({ lock: held })).toEqual([true, 'lock']);
    expect(known({ lock: { ...elsewhere, state: 'held' }, local: false })).toEqual([true, 'lock']);
  });
  test('a free lock says so if it could be seen from here', () => {
    expect(known({ lock: free, heartbeat: aBeat({ at: lately }) })).toEqual([false, 'lock']);
    expect(known({ lock: { ...elsewhere, state: 'free' } })).toEqual([false, 'lock']);
  });
  test("a free lock of another machine's says nothing: a sign of life does", () => {
    const lock = { ...elsewhere, state: 'free' } as const;
    const beat = { host: 'far', at: lately };
    expect(known({ lock, local: false, heartbeat: aBeat(beat) })).toEqual([true, 'sign_of_life']);
    expect(known({ lock, local: false })).toEqual([null, 'sign_of_life']);
    const ended = aBeat({ ...beat, ended: { at: lately, message: 'stopped' } });
    expect(known({ lock, local: false, heartbeat: ended })).toEqual([false, 'sign_of_life']);
  });
  test('where the kernel cannot be asked, a process that is gone says so', () => {
    const lock = { ...held, state: 'unknown' } as const;
    expect(known({ lock, holderLives: false })).toEqual([false, 'process']);
    expect(known({ lock, holderLives: true, heartbeat: aBeat({ at: lately }) })).toEqual([
      true,
      'sign_of_life',
    ]);
    // Another process may have got its number.
    expect(known({ lock, holderLives: true })).toEqual([null, 'sign_of_life']);
  });
});

describe('counts', () => {
  const counts = (given: Given) => {
    const { sequences_done, sequences_embedded, sequences_total } = judge(facts(given));
    return [sequences_done, sequences_embedded, sequences_total];
  };
  const beat = aBeat({
    sequences_done: 85,
    sequences_total: 100,
    shards: { sequences: [55, 45], done: [55, 30] },
  });

  test('the manifest is the truth, the heartbeat adds what is not saved yet', () => {
    const status = judge(facts({ lock: held, manifest: half, heartbeat: beat }));
    expect([status.sequences_done, status.sequences_embedded, status.tokens_per_second]).toEqual([
      75, 85, 12.5,
    ]);
    expect(status.shards).toMatchObject([
      { sequences_done: 55, sequences_embedded: 55, sequences_total: 55 },
      { sequences_done: 20, sequences_embedded: 30, sequences_total: 45 },
    ]);
  });
  test.each([
    ['an earlier version does not say what is saved', undefined, 10, 10],
    ['all is saved, ten of them quarantined', [55, 30], 10, 0],
    ['seven are saved, five of them quarantined', [55, 27], 8, 3],
    ['the manifest has them by now', [55, 15], 0, 0],
  ])('what no checkpoint has yet: %s', (_what, saved, fresh, unsaved) => {
    const manifest = shards({ status: 'complete', rows: 55 }, { rows: 30 - fresh });
    const counts = { sequences: [55, 45], done: [55, 30], ...(saved && { saved }) };
    const given = { lock: held, manifest, heartbeat: { ...beat, shards: counts } };
    expect(judge(facts(given)).shards).toMatchObject([
      { sequences_unsaved: 0 },
      { sequences_embedded: 30, sequences_unsaved: unsaved, embedded_at: beat.at },
    ]);
    expect(judge(facts({ ...given, lock: free })).shards[1]).toMatchObject({
      sequences_unsaved: 0,
      embedded_at: null,
    });
  });
  test('of a killed command only what is saved counts, and its sizes', () => {
    const status = judge(facts({ lock: free, manifest: half, heartbeat: beat }));
    expect([status.sequences_done, status.sequences_embedded, status.tokens_per_second]).toEqual([
      75,
      75,
      null,
    ]);
    expect(status.shards[1]).toMatchObject({
      sequences_done: 20,
      sequences_embedded: 20,
      sequences_total: 45,
    });
  });
  test.each([
    ['of another process', { pid: 78 }],
    ['of another machine', { host: 'far' }],
    ['that is old', { at: new Date(NOW - 31_000).toISOString() }],
    ['of a command that has ended', { ended: { at: new Date(NOW).toISOString(), message: 'no' } }],
  ])('a heartbeat %s tells nothing of this moment', (_what, other) => {
    expect(counts({ lock: held, manifest: half, heartbeat: { ...beat, ...other } })).toEqual([75, 75, 100]);
  });
  test('sizes of another run, or that are not those of the plan, are not believed', () => {
    expect(counts({ lock: held, manifest: half, heartbeat: { ...beat, run: 'f'.repeat(64) } })).toEqual([
      70, 85, 100,
    ]);
    const wrong = { sequences: [55, 44], done: [0, 0] };
    expect(
      judge(facts({ lock: free, manifest: half, heartbeat: { ...beat, shards: wrong } })).shards[0],
    ).toMatchObject({
      sequences_total: null,
    });
  });
  test('a heartbeat that is older than the manifest takes nothing back', () => {
    const old = { ...beat, sequences_done: 10, shards: { sequences: [55, 45], done: [5, 5] } };
    expect(counts({ lock: held, manifest: half, heartbeat: old })).toEqual([75, 75, 100]);
  });
  test('without a heartbeat a status is told as well', () => {
    expect(counts({ lock: free, manifest: half })).toEqual([70, 70, 100]);
    expect(counts({ lock: free, manifest: whole })).toEqual([100, 100, 100]);
    expect(counts({ lock: free, manifest: missing })).toEqual([0, 0, 100]);
  });
  test('a manifest that could not be read is told of, and counts nothing', () => {
    const status = judge(facts({ lock: held, manifest: { is: 'unsettled' } }));
    expect([status.sequences_done, status.notes]).toEqual([null, [expect.stringMatching(/look again/)]]);
  });
  test('no count is above its total, whatever the files say', () => {
    const mad = { ...beat, sequences_done: 900, shards: { sequences: [55, 45], done: [900, 900] } };
    const many = shards({ rows: 999 }, { rows: 999 });
    const status = judge(facts({ lock: held, manifest: many, heartbeat: mad }));
    expect([status.sequences_done, status.sequences_embedded]).toEqual([100, 100]);
  });
});

describe('the command, its workers and its failures', () => {
  const event = (type: string, fields: object, at = NOW - 10_000) => ({
    type,
    time: new Date(at).toISOString(),
    ...fields,
  });
  const logs = (...events: ReturnType<typeof event>[]) => ({
    events,
    cut: false,
    unreadable: 0,
    written: NOW,
  });

  test('why it ended: as it said itself, else the signal in the logs', () => {
    const ended = { at: new Date(NOW).toISOString(), message: 'shard 3 failed' };
    const of = (given: Given) => judge(facts({ lock: free, manifest: half, ...given })).command!.ended;
    expect(of({ heartbeat: aBeat({ ended }) })).toBe('shard 3 failed');
    // The command after that one was killed.
    expect(of({ heartbeat: aBeat({ ended, pid: 76 }) })).toBe(null);
    expect(of({ logs: logs(event('stopped', { signal: 'SIGTERM' })) })).toBe('stopped by SIGTERM');
    expect(
      of({ logs: logs(event('stopped', { signal: 'SIGTERM' }), event('spawned', { slot: 0, pid: 1 })) }),
    ).toBe(null);
  });
  test('workers that still save are told of', () => {
    const { command, next } = judge(facts({ lock: free, workers: 'held', manifest: half }));
    expect([command!.workers_alive, next.text]).toEqual([true, expect.stringMatching(/still saving/)]);
  });
  test('without a heartbeat the logs tell what workers do', () => {
    const events = logs(
      event('spawned', { slot: 0, pid: 5 }, NOW - 90_000),
      event('spawned', { slot: 1, pid: 6 }),
      event('ready', { slot: 1 }),
      event('assigned', { slot: 1, shard: 0 }),
      event('resumed', { slot: 1, shard: 0 }),
    );
    const { workers } = judge(facts({ lock: held, manifest: half, logs: events }));
    expect(workers).toMatchObject([{ slot: 1, pid: 6, state: 'embedding', shard: 0 }]);
    // What the logs tell since is newer than the heartbeat.
    const since = new Date(NOW - 20_000).toISOString();
    const before = [
      { slot: 0, pid: 5, state: 'embedding', shard: 1, since },
      { slot: 1, pid: 4, state: 'idle', shard: null, since },
    ] as const;
    const heartbeat = aBeat({ at: since, workers: [...before] });
    const later = judge(facts({ lock: held, manifest: half, logs: events, heartbeat })).workers;
    expect(later).toMatchObject([before[0], { slot: 1, pid: 6, state: 'embedding', shard: 0 }]);
    expect(judge(facts({ lock: free, manifest: half, logs: events })).workers).toEqual([]);
  });
  test('failures are those of the last command; quarantined sequences those of all', () => {
    const poison = { slot: 0, shard: 1, id: 'p', ordinal: 7, kind: 'poison_input', error: 'no' };
    const events = logs(
      event('failed', { slot: 0, shard: 1, kind: 'oom', message: 'old' }, NOW - 90_000),
      event('quarantined', poison, NOW - 90_000),
      event('quarantined', { ...poison, kind: 'oom' }),
      event('failed', { slot: 0, shard: 1, kind: 'transient', message: 'new' }),
      event('retry', { shard: 1, delay_ms: 1500, reason: 'attempt 2' }),
      event('killed', { slot: 1, reason: 'the run is ending, and it was still starting' }),
    );
    const { failures, quarantined } = judge(facts({ lock: free, manifest: half, logs: events }));
    expect(failures).toMatchObject({ failures: 1, retries: 1, at_least: false });
    expect(failures.newest.map(({ message }) => message)).toEqual([
      'failed: new',
      'will be retried in 1.5 s at the earliest: attempt 2',
    ]);
    expect(quarantined).toMatchObject({
      sequences: 1,
      kinds: { oom: 1 },
      first: [{ id: 'p', ordinal: 7 }],
      table: null,
    });
  });
  test('many files of further outputs are told of as one', () => {
    const more = ['mean.layer_1', 'contacts'].map((name) => ({
      file: `more_outputs/${name}.npy`,
      bytes: 1,
      sha256: 'f'.repeat(64),
    }));
    const done = result();
    if (done.is === 'read') done.value.files.push(...more);
    const { next } = judge(facts({ lock: free, manifest: whole, result: done }));
    expect(next).toEqual({
      text: expect.stringMatching(/ids\.txt and 2 files in out\/more_outputs, for holdfast get/),
      command: 'holdfast dashboard out',
    });
  });
  test('of a complete run the table counts', () => {
    const quarantine = ['p\t7\tpoison_input\t3\tno', 'q\t9\toom\t1\tmemory'];
    const { quarantined, next } = judge(
      facts({ lock: free, manifest: whole, result: result({ quarantined: 2 }), quarantine }),
    );
    expect(quarantined).toMatchObject({
      sequences: 2,
      kinds: { poison_input: 1, oom: 1 },
      table: 'out/quarantine.tsv',
    });
    expect(next.text).toMatch(
      /^the result is in out\/embeddings\.safetensors and out\/ids\.txt, for holdfast get, search, plot and export; rerun the same command to reattempt/,
    );
  });
});

test('the command to rerun has what the record has, quoted for a shell', () => {
  const model = { name: 'esm', hub: { id: 'a/b', revision: 'v2' } };
  const given = { options: { '--pooling': 'max', '--keep-u': true as const } };
  const inputs = [{ path: "it's.fa" }, { path: 'b.fa' }];
  const asked = run({ inputs, model, given, translate: 'open' });
  expect(judge(facts({ dir: 'my out', lock: free, manifest: half, run: asked })).next.command).toBe(
    `holdfast embed 'it'\\''s.fa' b.fa --out 'my out' --model a/b@v2 --translate=open --pooling max --keep-u`,
  );
  const piped = judge(facts({ lock: free, manifest: half, run: run({ inputs: [{ path: '-' }] }) }));
  expect(piped.next.text).toMatch(/with the same standard input/);
  expect(RUN).toHaveLength(64);
});

test('when the embedded sequences were counted is known while a command embeds, and no longer', () => {
  const at = new Date(NOW - 2000).toISOString();
  const heartbeat = aBeat({ at, shards: { sequences: [50, 50], done: [50, 30] } });
  const at_work = (more: Given = {}) => judge(facts({ lock: held, manifest: half, heartbeat, ...more }));
  expect([at_work().embedded_at, at_work().sequences_embedded]).toEqual([at, 80]);
  expect(at_work({ lock: free }).embedded_at).toBeNull();
  expect(at_work({ heartbeat: { ...heartbeat, phase: 'joining' } }).embedded_at).toBeNull();
});

test('copies are counted apart from the distinct sequences', () => {
  const plan = { sequences: 100, copies: 20, residues: 1000, batches: 10 };
  const { sequences_total, sequences_copies } = judge(facts({ lock: held, manifest: half, plan }));
  expect([sequences_total, sequences_copies]).toEqual([80, 20]);
});
