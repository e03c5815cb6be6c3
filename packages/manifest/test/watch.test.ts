import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { CheckpointManifest } from '../src/manifest.js';

let manifest: CheckpointManifest;
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'watch-')), 'manifest.json'));
});

test.each([1, 200])(
  'a watch over %i shards yields the current state, then the changes of another process',
  async (shards) => {
    await manifest.initialize(shards);
    const script = fileURLToPath(new URL('./update-worker.mjs', import.meta.url));
    const changes = manifest.watch();
    expect((await changes.next()).value).toMatchObject({
      revision: 0,
      changed: Array.from({ length: shards }, (_, rank) => rank),
    });
    const exit = once(fork(script, [manifest.path, '0', '0', '20']), 'exit');
    let revision = 0;
    for await (const change of changes) {
      expect(change.changed).toEqual([0]);
      expect(change.revision).toBeGreaterThan(revision);
      revision = change.revision;
      expect(change.progress.total_checkpoints).toBe(revision);
      if (revision === 20) break;
    }
    await exit;
  },
);

test('polling finds a change that the system does not report', async () => {
  await manifest.initialize(2);
  const changes = manifest.watch({ pollMs: 5 });
  await changes.next();
  await new CheckpointManifest(manifest.path).recordRedistribution(1, 0);
  expect((await changes.next()).value).toMatchObject({ revision: 1, changed: [1] });
  await changes.return();
});

test('any change to a shard is reported', async () => {
  await manifest.initialize(3);
  const { token } = await manifest.claimShard(1, 'worker a');
  const changes = manifest.watch({ pollMs: 5 });
  await changes.next();
  const changedBy = async (update: Promise<unknown>) => {
    await update;
    return (await changes.next()).value?.changed;
  };
  const found = (name: string) => [{ checkpoint: 0, numSequences: 5, file: name }];
  expect(await changedBy(manifest.markShardFailed(0, 'a'))).toEqual([0]);
  expect(await changedBy(manifest.markShardFailed(0, 'b'))).toEqual([0]);
  expect(await changedBy(manifest.reconcileShard(2, found('a.pt')))).toEqual([2]);
  expect(await changedBy(manifest.reconcileShard(2, found('b.pt')))).toEqual([2]);
  expect(await changedBy(manifest.heartbeat(1, { token }))).toEqual([1]);
  expect(await changedBy(manifest.recordRecovery(2, { oom: 1 }))).toEqual([2]);
  await changes.return();
});

test('return() ends a waiting watch, and odd waits are refused', async () => {
  await manifest.initialize(1);
  const changes = manifest.watch();
  await changes.next();
  const waiting = changes.next();
  await changes.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  for (const pollMs of [0, -1, Number.NaN, 1e12])
    expect(() => manifest.watch({ pollMs })).toThrow(RangeError);
});

test('a watch ends with its signal, and throws if the manifest is gone', async () => {
  await manifest.initialize(1);
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { revision } of manifest.watch({ signal: stop.signal })) {
    seen.push(revision);
    stop.abort();
  }
  expect(seen).toEqual([0]);
  const waiting = manifest.watch({ pollMs: 5 });
  await waiting.next();
  await rm(manifest.path);
  await expect(waiting.next()).rejects.toMatchObject({ code: 'ENOENT' });
});
