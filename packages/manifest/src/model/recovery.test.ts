import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { CheckpointManifest } from '../manifest.js';
import type { Json } from './recovery.js';

let manifest: CheckpointManifest;
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'recovery-')), 'manifest.json'));
});
const other = () => new CheckpointManifest(manifest.path);
const recovery = async (rank: number) => (await other().getShardState(rank))?.recovery;

const failures: Json = { retries: { oom: 2, transient: 1 }, breaker: { batch: 7, strikes: 2 } };

test('a coordinator’s record of failures stays for the next one until the shard is complete', async () => {
  await manifest.initialize(2);
  expect(await recovery(0)).toBeNull();
  const first = await manifest.claimShard(0, 'worker a');
  // Recorded by the shard's coordinator, without the worker's token.
  await manifest.recordRecovery(0, failures);
  expect(await recovery(0)).toEqual(failures);
  await manifest.updateShardCheckpoint(0, 0, 10, 'batch_00000.pt', first);
  await manifest.markShardFailed(0, 'exhausted 3 retries');
  await manifest.markShardInProgress(0);
  const second = await manifest.claimShard(0, 'worker b', { steal: true });
  expect(await recovery(0)).toEqual(failures);
  expect(await recovery(1)).toBeNull();
  await manifest.markShardComplete(0, second);
  expect(await recovery(0)).toBeNull();
  // Even if the shard was complete before and it was recorded again.
  await manifest.recordRecovery(0, failures);
  await manifest.markShardComplete(0, second);
  expect(await recovery(0)).toBeNull();
});

test('recording the same again changes nothing', async () => {
  await manifest.initialize(1);
  await manifest.recordRecovery(0, failures);
  const before = await readFile(manifest.path);
  await manifest.recordRecovery(0, structuredClone(failures));
  expect(await readFile(manifest.path)).toEqual(before);
  await manifest.recordRecovery(0, null);
  expect(await recovery(0)).toBeNull();
});

test('a record is copied at the call, and returned values are the caller’s', async () => {
  await manifest.initialize(1);
  const mine = { oom: 1 };
  const recorded = manifest.recordRecovery(0, mine);
  mine.oom = 7;
  await recorded;
  const state = await manifest.getShardState(0);
  (state?.recovery as { oom: number }).oom = 8;
  expect((await manifest.getShardState(0))?.recovery).toEqual({ oom: 1 });
});

test('a value that is not plain JSON is named with its path', async () => {
  await manifest.initialize(1);
  const wrong = { batches: [{ at: Number.NaN }] };
  await expect(manifest.recordRecovery(0, wrong)).rejects.toThrow(
    'recovery.batches.0.at: NaN is not plain JSON',
  );
  let deep: Json = 0;
  for (let i = 0; i < 101; i++) deep = [deep];
  await expect(manifest.recordRecovery(0, deep)).rejects.toThrow('more than 100 deep');
  await manifest.recordRecovery(0, (deep as Json[])[0]!);
});

test('a record of exactly the limit is accepted, and one byte more is refused', async () => {
  await manifest.initialize(1);
  const most = 'x'.repeat(2 ** 20 - 2);
  await manifest.recordRecovery(0, most);
  expect(await recovery(0)).toBe(most);
  await expect(manifest.recordRecovery(0, `${most}x`)).rejects.toThrow('1048577 bytes of JSON');
});

test.each([
  ['small, and rewritten each time', 1],
  ['large, and has a journal', 200],
])('any JSON reads as it was written, from a manifest that is %s', async (_, shards) => {
  await manifest.initialize(shards);
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      await manifest.recordRecovery(0, value as Json);
      const text = JSON.stringify(value);
      for (const reader of [manifest, other()])
        expect(JSON.stringify((await reader.getShardState(0))?.recovery)).toBe(text);
    }),
    { numRuns: 60 },
  );
});
