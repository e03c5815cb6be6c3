import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ShardClaimedError, StaleClaimError } from '../src/errors.js';
import { CheckpointManifest } from '../src/manifest.js';

let manifest: CheckpointManifest;
const children: ChildProcess[] = [];
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'claim-')), 'manifest.json'));
  await manifest.initialize(3);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('a claim names its owner and its start', async () => {
  const claim = await manifest.claimShard(1, 'worker a');
  expect(claim).toMatchObject({ rank: 1, owner: 'worker a', attempt: 1 });
  expect((await manifest.getShardState(1))?.lease).toMatchObject({ owner: 'worker a', attempt: 1 });
  expect((await manifest.getShardState(0))?.lease).toBeNull();
  expect(await manifest.claimShard(1, 'worker a')).toMatchObject({ attempt: 2 });
});

test('a worker that lost its shard cannot change it in any way', async () => {
  const old = await manifest.claimShard(0, 'worker a');
  await manifest.updateShardCheckpoint(0, 0, 10, 'batch_00000.pt', old);
  const now = await manifest.claimShard(0, 'worker b', { steal: true });
  const before = await readFile(manifest.path);
  for (const { token } of [old, { token: undefined as unknown as string }, { token: 'forged' }])
    for (const update of [
      manifest.updateShardCheckpoint(0, 1, 10, 'batch_00001.pt', { token }),
      manifest.reconcileShard(0, [], { token }),
      manifest.markShardComplete(0, { token }),
      manifest.heartbeat(0, { token }),
      ...(token === undefined ? [] : [manifest.markShardFailed(0, 'x', { token })]),
      ...(token === undefined ? [] : [manifest.recordRecovery(0, { spent: 1 }, { token })]),
    ]) {
      const error = await update.catch((error: unknown) => error);
      expect(error).toBeInstanceOf(StaleClaimError);
      expect(error).toMatchObject({ rank: 0, owner: 'worker b' });
    }
  expect(await readFile(manifest.path)).toEqual(before);
  await manifest.updateShardCheckpoint(0, 1, 10, 'batch_00001.pt', now);
  await manifest.markShardComplete(0, now);
  expect(await manifest.getShardState(0)).toMatchObject({ status: 'complete', total_sequences: 20 });
});

test('a claim that is released may be taken at once, and its token is valid until it is', async () => {
  const claim = await manifest.claimShard(0, 'worker a');
  await expect(manifest.claimShard(0, 'worker b')).rejects.toBeInstanceOf(ShardClaimedError);
  manifest.releaseClaim(claim);
  await manifest.updateShardCheckpoint(0, 0, 10, 'batch_00000.pt', claim);
  await manifest.claimShard(0, 'worker b');
  await expect(manifest.heartbeat(0, claim)).rejects.toBeInstanceOf(StaleClaimError);
});

test('who decided about an owner takes the shard from no other', async () => {
  await manifest.claimShard(0, 'dead');
  await manifest.claimShard(0, 'first thief', { steal: true, ifAttempt: 1 });
  await expect(manifest.claimShard(0, 'second thief', { steal: true, ifAttempt: 1 })).rejects.toBeInstanceOf(
    ShardClaimedError,
  );
  expect((await manifest.getShardState(0))?.lease?.owner).toBe('first thief');
  await expect(manifest.claimShard(1, 'late', { ifAttempt: 1 })).rejects.toBeInstanceOf(ShardClaimedError);
  await manifest.claimShard(1, 'first', { ifAttempt: 0 });
  await manifest.markShardFailed(2, 'broken');
  await expect(manifest.claimShard(2, 'late', { ifAttempt: 0 })).rejects.toBeInstanceOf(ShardClaimedError);
});

test('the next claim takes what nobody has, then what a dead owner left, and reopens nothing', async () => {
  const rival = fork(fileURLToPath(new URL('claim-rival.mjs', import.meta.url)), [manifest.path, 'rival']);
  children.push(rival);
  await once(rival, 'message');
  rival.send({ do: 'claim' });
  await once(rival, 'message');
  await manifest.markShardComplete(2);
  expect(await manifest.claimNext('a')).toMatchObject({ rank: 1, owner: 'a', attempt: 1 });
  expect(await manifest.claimNext('b')).toBeNull();
  const ended = once(rival, 'exit');
  rival.kill('SIGKILL');
  await ended;
  const claim = (await manifest.claimNext('b'))!;
  expect(claim).toMatchObject({ rank: 0, owner: 'b', attempt: 2 });
  await manifest.markShardComplete(0, claim);
  expect(await manifest.claimNext('b')).toBeNull();
  expect(await manifest.getCompletedShards()).toEqual([0, 2]);
});

test('tasks that claim at once get a shard each', async () => {
  const owners = ['a', 'b', 'c', 'd'];
  const others = owners.map(() => new CheckpointManifest(manifest.path));
  const claims = await Promise.all(others.map((each, i) => each.claimNext(owners[i]!)));
  const ranks = claims.map((claim) => claim?.rank ?? null);
  expect(ranks.toSorted()).toEqual([0, 1, 2, null]);
});

test('a claim to another shard, or from a replaced run, is not valid', async () => {
  const claim = await manifest.claimShard(0, 'worker a');
  await manifest.claimShard(1, 'worker b');
  await expect(manifest.markShardComplete(1, claim)).rejects.toBeInstanceOf(StaleClaimError);
  await manifest.initialize(3, { replace: true });
  await expect(manifest.markShardComplete(0, claim)).rejects.toBeInstanceOf(StaleClaimError);
  await manifest.claimShard(0, 'worker c');
  await expect(manifest.markShardComplete(0, claim)).rejects.toBeInstanceOf(StaleClaimError);
});

test('a coordinator records failures and opens shards without a token', async () => {
  await manifest.claimShard(0, 'worker a');
  await manifest.markShardFailed(0, 'killed');
  await manifest.markShardInProgress(0);
  await manifest.recordRedistribution(0, 1);
  expect((await manifest.getShardState(0))?.lease?.owner).toBe('worker a');
});

test('a live owner keeps its shard from other claimants', async () => {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const timed = new CheckpointManifest(manifest.path, { now: () => new Date(now) });
  const claim = await timed.claimShard(0, 'worker a', { unlessAliveWithinMs: 60_000 });
  now += 50_000;
  await timed.heartbeat(0, claim);
  now += 50_000;
  const refused = await timed
    .claimShard(0, 'worker b', { unlessAliveWithinMs: 60_000 })
    .catch((error) => error);
  expect(refused).toBeInstanceOf(ShardClaimedError);
  expect(refused).toMatchObject({ owner: 'worker a', since: '2026-01-01T00:00:50.000Z' });
  now += 10_000;
  expect(await timed.claimShard(0, 'worker b', { unlessAliveWithinMs: 60_000 })).toMatchObject({
    attempt: 2,
  });
  // A shard that is done has no owner.
  await timed.markShardFailed(0, 'x');
  expect(await timed.claimShard(0, 'worker c', { unlessAliveWithinMs: 60_000 })).toMatchObject({
    attempt: 3,
  });
});

test("a failed shard that is retried is its new owner's", async () => {
  await manifest.claimShard(0, 'worker a');
  await manifest.markShardFailed(0, 'killed');
  const asked = { unlessAliveWithinMs: 60_000 };
  const claim = await manifest.claimShard(0, 'worker b', asked);
  expect(await manifest.getShardState(0)).toMatchObject({ status: 'in_progress', error: null });
  await expect(manifest.claimShard(0, 'worker c', asked)).rejects.toBeInstanceOf(ShardClaimedError);
  await manifest.updateShardCheckpoint(0, 0, 10, 'batch_00000.pt', claim);
});

test('after a rebuild no earlier token is valid', async () => {
  await manifest.initialize(200, { replace: true });
  const old = await manifest.claimShard(0, 'worker a');
  const journal = `${manifest.path}.journal`;
  const length = (await readFile(journal, 'utf8')).trimEnd().length;
  const now = await manifest.claimShard(0, 'worker b', { steal: true });
  // The line of the second claim is damaged, with others after it.
  await manifest.markShardComplete(1);
  const bytes = await readFile(journal);
  bytes[length + 10]! ^= 1;
  await writeFile(journal, bytes);
  const healing = new CheckpointManifest(manifest.path, {
    rebuild: async () => ({ worldSize: 200, checkpoints: new Map() }),
    onWarning: () => undefined,
  });
  await healing.load();
  const third = await healing.claimShard(0, 'worker c');
  for (const { token } of [old, now])
    await expect(healing.markShardComplete(0, { token })).rejects.toBeInstanceOf(StaleClaimError);
  await healing.markShardComplete(0, third);
});

test('a worker stopped with SIGSTOP, whose shard was reassigned, changes nothing when it continues', async () => {
  const script = fileURLToPath(new URL('./claim-worker.mjs', import.meta.url));
  const child = fork(script, [manifest.path, '0']);
  children.push(child);
  const exit = once(child, 'exit');
  let acknowledged = -1;
  let fenced: string | null = null;
  const [first] = await once(child, 'message');
  expect(first).toEqual({ acknowledged: 0 });
  child.on('message', (message: { acknowledged?: number; error?: string }) => {
    if (message.acknowledged !== undefined) acknowledged = message.acknowledged;
    if (message.error !== undefined) fenced = message.error;
  });
  // It runs until it is stopped, at an arbitrary moment: it may then hold the lock until it continues.
  child.kill('SIGSTOP');
  const claiming = new CheckpointManifest(manifest.path, { lockTimeoutMs: 200 });
  let claim = await claiming.claimShard(0, 'successor', { steal: true }).catch(() => null);
  while (claim === null) {
    // It holds the lock: let it run a little, to release it.
    child.kill('SIGCONT');
    await once(child, 'message');
    child.kill('SIGSTOP');
    claim = await claiming.claimShard(0, 'successor', { steal: true }).catch(() => null);
  }
  await manifest.updateShardCheckpoint(0, 1_000_000, 7, 'batch_1000000.pt', claim);
  const before = await manifest.getShardState(0);
  child.kill('SIGCONT');
  const [code] = await exit;
  expect([code, fenced]).toEqual([0, 'StaleClaimError']);
  expect(await manifest.getShardState(0)).toEqual(before);
  // Everything acknowledged to it is there.
  const numbers = new Set(before!.checkpoints.map(({ batch_idx }) => batch_idx));
  for (let i = 0; i <= acknowledged; i++) expect(numbers).toContain(i);
});
