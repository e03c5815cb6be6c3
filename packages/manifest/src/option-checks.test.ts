import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import { beforeEach, expect, test } from 'vitest';
import { ManifestUpdateError } from './errors.js';
import { CheckpointManifest } from './manifest.js';

let manifest: CheckpointManifest;
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'options-')), 'manifest.json'));
  await manifest.initialize(2);
});

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
type Any = any;
const notObjects = [null, 5, 'x', [], new Map()];
const notRanks = [undefined, null, -1, 0.5, Number.NaN, '0', 'length'];
const reconcile = (change: Any) =>
  manifest.reconcileShard(0, [{ checkpoint: 0, numSequences: 1, file: 'a.pt', ...change }]);
const notMilliseconds = [-1, Number.NaN, '60s', null, 5n];
const notFunctions = [5, 'now', {}, null];
const create = async (options: Any) => new CheckpointManifest(manifest.path, options);
const lock = (options: Any) => FileLock.acquire(`${manifest.path}.lock`, options);
const watch = async (options: Any) => manifest.watch(options);
const claim = (options: Any) => manifest.claimShard(0, 'a', options);

const refuses = async (option: string, values: readonly Any[], use: (value: Any) => Promise<unknown>) => {
  for (const value of values)
    await expect(use(value), String(value)).rejects.toMatchObject({ code: 'invalid_option', option });
};

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['path', ['', ' ', 5, undefined, null], async (path) => new CheckpointManifest(path)],
  ['', notObjects, create],
  ['lockTimeout', [5, undefined], (lockTimeout) => create({ lockTimeout })],
  ['lockTimeoutMs', notMilliseconds, (lockTimeoutMs) => create({ lockTimeoutMs })],
  ['acquireLock', notFunctions, (acquireLock) => create({ acquireLock })],
  ['now', notFunctions, (now) => create({ now })],
  ['fsync', [0, 'no', null], (fsync) => create({ fsync })],
  ['rebuild', notFunctions, (rebuild) => create({ rebuild })],
  ['onWarning', notFunctions, (onWarning) => create({ onWarning })],
  ['path', ['', ' ', 5, undefined, null], async (path) => FileLock.acquire(path)],
  ['rank', notRanks, async (rank) => manifest.getShardState(rank)],
  ['', notObjects, lock],
  ['timeout', [5], (timeout) => lock({ timeout })],
  ['timeoutMs', notMilliseconds, (timeoutMs) => lock({ timeoutMs })],
  ['shared', [1, 'yes'], (shared) => lock({ shared })],
  ['signal', [{}, new AbortController()], (signal) => lock({ signal })],
  ['', notObjects, watch],
  ['pollMS', [5], (pollMS) => watch({ pollMS })],
  ['pollMs', [0, 1e12, ...notMilliseconds], (pollMs) => watch({ pollMs })],
  ['signal', [{}, 5], (signal) => watch({ signal })],
])('%s that is one of %o is refused by name', refuses);

test.each<[string, readonly Any[], (value: Any) => Promise<unknown>]>([
  ['', notObjects, (options) => manifest.initialize(2, options)],
  ['replace', [1, 'yes', null], (replace) => manifest.initialize(2, { replace })],
  ['onlyNew', [true], (onlyNew) => manifest.initialize(2, { onlyNew } as Any)],
  ['', notObjects, claim],
  ['force', [true], (force) => claim({ force })],
  ['steal', [1, 'yes'], (steal) => claim({ steal })],
  ['unlessAliveWithin', [5], (unlessAliveWithin) => claim({ unlessAliveWithin })],
  ['unlessAliveWithinMs', notMilliseconds, (unlessAliveWithinMs) => claim({ unlessAliveWithinMs })],
  ['', notObjects, (options) => manifest.updateShardCheckpoint(0, 0, 1, 'a.pt', options)],
  ['tokens', ['a'], (tokens) => manifest.updateShardCheckpoint(0, 0, 1, 'a.pt', { tokens } as Any)],
  ['token', [5, null], (token) => manifest.updateShardCheckpoint(0, 0, 1, 'a.pt', { token })],
  ['', notObjects, (options) => manifest.reconcileShard(0, [], options)],
  ['token', [5], (token) => manifest.reconcileShard(0, [], { token })],
  ['', notObjects, (options) => manifest.markShardComplete(0, options)],
  ['token', [5], (token) => manifest.markShardComplete(0, { token })],
  ['', notObjects, (options) => manifest.markShardFailed(0, 'x', options)],
  ['Token', ['a'], (Token) => manifest.markShardFailed(0, 'x', { Token } as Any)],
  ['', notObjects, (options) => manifest.markShardInProgress(0, options)],
  ['token', [5], (token) => manifest.markShardInProgress(0, { token })],
  ['', [undefined, ...notObjects], (options) => manifest.heartbeat(0, options)],
  ['token', [5], (token) => manifest.heartbeat(0, { token })],
  ['worldSize', [undefined, null, -1, 0.5, Number.NaN, '2'], (size) => manifest.initialize(size)],
  ['worldSize', [0], (size) => manifest.initialize(size, { replace: true })],
  ['rank', notRanks, (rank) => manifest.claimShard(rank, 'a')],
  ['owner', [undefined, null, 5, '', ' '], (owner) => manifest.claimShard(0, owner)],
  ['rank', notRanks, (rank) => manifest.updateShardCheckpoint(rank, 0, 1, 'a.pt')],
  ['checkpoint', notRanks, (checkpoint) => manifest.updateShardCheckpoint(0, checkpoint, 1, 'a.pt')],
  ['numSequences', notRanks, (count) => manifest.updateShardCheckpoint(0, 0, count, 'a.pt')],
  ['checkpointFile', [undefined, null, 5], (file) => manifest.updateShardCheckpoint(0, 0, 1, file)],
  ['rank', notRanks, (rank) => manifest.reconcileShard(rank, [])],
  ['checkpoints', [undefined, null, 'ab', {}], (found) => manifest.reconcileShard(0, found)],
  ['checkpoints[0]', [undefined, null, 'a.pt'], (each) => manifest.reconcileShard(0, [each])],
  ['checkpoints[0].checkpoint', [undefined, -1, '0'], (checkpoint) => reconcile({ checkpoint })],
  ['checkpoints[0].numSequences', [undefined, Number.NaN], (numSequences) => reconcile({ numSequences })],
  ['checkpoints[0].file', [undefined, 5], (file) => reconcile({ file })],
  ['checkpoints[0].path', ['a.pt'], (path) => reconcile({ path })],
  ['rank', notRanks, (rank) => manifest.markShardComplete(rank)],
  ['rank', notRanks, (rank) => manifest.markShardFailed(rank, 'x')],
  ['error', [undefined, null, 5, new Error('x')], (error) => manifest.markShardFailed(0, error)],
  ['rank', notRanks, (rank) => manifest.markShardInProgress(rank)],
  ['rank', notRanks, (rank) => manifest.heartbeat(rank, { token: 'a' })],
  ['rank', notRanks, (rank) => manifest.recordRecovery(rank, null)],
  ['recovery', [undefined], (recovery) => manifest.recordRecovery(0, recovery)],
  ['failedRank', notRanks, (rank) => manifest.recordRedistribution(rank, 1)],
  ['newRank', notRanks, (rank) => manifest.recordRedistribution(0, rank)],
])(
  '%s that is one of %o is refused by name, as an update that changes nothing',
  async (option, values, use) => {
    const before = await readFile(manifest.path);
    await refuses(option, values, use);
    for (const value of values) await expect(use(value)).rejects.toBeInstanceOf(ManifestUpdateError);
    expect(await readFile(manifest.path)).toEqual(before);
  },
);

test('a whole claim is accepted for its token, and undefined counts as absent', async () => {
  const claimed = await claim({ steal: undefined, unlessAliveWithinMs: undefined });
  await manifest.updateShardCheckpoint(0, 0, 1, 'a.pt', claimed);
  await manifest.markShardFailed(1, 'x', { token: undefined } as Any);
  await create({ lockTimeoutMs: undefined, fsync: undefined });
});

test('checkpoints other than an array are refused', async () => {
  for (const found of [undefined, null, 'ab', {}])
    await expect(manifest.reconcileShard(0, found as Any)).rejects.toBeInstanceOf(ManifestUpdateError);
});

test('a claim that is wrong or missing is called a claim', async () => {
  const wanted = 'it must be the claim from claimShard, or an object with its token';
  await expect(manifest.heartbeat(0, undefined as Any)).rejects.toThrow(
    `heartbeat: the claim is missing; ${wanted}`,
  );
  await expect(manifest.markShardComplete(0, 'token' as Any)).rejects.toThrow(
    `markShardComplete: the claim is "token"; ${wanted}`,
  );
  await expect(manifest.heartbeat(0, {} as Any)).rejects.toThrow(
    'shard 0 can only be updated with the token of its claim: nobody has claimed it',
  );
});

test('no error has the wording of a library', async () => {
  const calls: [string, () => Promise<unknown>][] = [
    ['owner', () => manifest.claimShard(0, undefined as Any)],
    ['error', () => manifest.markShardFailed(0, 5 as Any)],
    ['recovery', () => manifest.recordRecovery(0, undefined as Any)],
    ['file', () => manifest.updateShardCheckpoint(0, 0, 1, '../a.pt')],
  ];
  for (const [name, call] of calls) {
    await expect(call()).rejects.toThrow(name);
    await expect(call()).rejects.not.toThrow(/Invalid input|expected/);
  }
});
