import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { ManifestCorruptError, ManifestUpdateError } from '../src/errors.js';
import { CheckpointManifest } from '../src/manifest.js';

let folder: string;
let manifest: CheckpointManifest;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
  manifest = new CheckpointManifest(join(folder, 'manifest.json'));
});
const onDisk = async () => JSON.parse(await readFile(manifest.path, 'utf8'));

/** A process that updates a shard `count` times. */
async function updates(rank: number, first: number, count: number): Promise<void> {
  const script = fileURLToPath(new URL('./update-worker.mjs', import.meta.url));
  const [code] = await once(
    fork(script, [manifest.path, String(rank), String(first), String(count)]),
    'exit',
  );
  expect(code).toBe(0);
}

async function mixedStates(): Promise<void> {
  await manifest.initialize(4);
  await manifest.updateShardCheckpoint(0, 0, 100, 'batch_00000.pt');
  await manifest.updateShardCheckpoint(3, 0, 30, 'batch_00000.pt');
  await manifest.markShardComplete(0);
  await manifest.markShardFailed(2, 'CUDA out of memory');
}

test('test_manifest_initialize_creates_json', async () => {
  await manifest.initialize(4);
  const { version, shards } = await onDisk();
  expect(version).toBe('1.0');
  expect(Object.keys(shards)).toEqual(['0', '1', '2', '3']);
  for (const shard of Object.values(shards))
    expect(shard).toMatchObject({ status: 'in_progress', total_sequences: 0 });
});

test('test_manifest_update_shard_checkpoint, and again without effect', async () => {
  await manifest.initialize(2);
  for (let twice = 0; twice < 2; twice++) {
    await manifest.updateShardCheckpoint(0, 5, 100, 'batch_00005.pt');
    const shard = (await onDisk()).shards['0'];
    expect(shard).toMatchObject({ last_checkpoint_batch: 5, total_sequences: 100 });
    expect(shard.checkpoints).toMatchObject([{ batch_idx: 5, num_sequences: 100, file: 'batch_00005.pt' }]);
  }
});

test('test_manifest_mark_shard_complete', async () => {
  await manifest.initialize(2);
  await manifest.markShardComplete(0);
  const shard = await manifest.getShardState(0);
  expect(shard?.status).toBe('complete');
  expect(Date.parse(shard?.completed_at ?? '')).toBeGreaterThan(0);
});

test('test_manifest_mark_shard_failed', async () => {
  await manifest.initialize(2);
  await manifest.markShardFailed(1, 'CUDA error');
  expect(await manifest.getShardState(1)).toMatchObject({ status: 'failed', error: 'CUDA error' });
  await manifest.markShardInProgress(1);
  expect(await manifest.getShardState(1)).toMatchObject({ status: 'in_progress', error: null });
});

test('test_manifest_get_resumable_shards', async () => {
  await mixedStates();
  expect(await manifest.getResumableShards()).toEqual([1, 2, 3]);
});

test('test_manifest_get_completed_shards', async () => {
  await mixedStates();
  expect(await manifest.getCompletedShards()).toEqual([0]);
});

test('test_manifest_get_global_progress', async () => {
  await mixedStates();
  expect(await manifest.getGlobalProgress()).toEqual({
    total_shards: 4,
    completed: 1,
    in_progress: 2,
    failed: 1,
    total_sequences: 130,
    total_checkpoints: 2,
  });
});

test('test_manifest_atomic_write_no_temp_remains', async () => {
  await mixedStates();
  expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'manifest.json.lock']);
});

test('test_manifest_exists_false_before_init', async () => {
  expect(await manifest.exists()).toBe(false);
  await manifest.initialize(1);
  expect(await manifest.exists()).toBe(true);
});

test('test_manifest_cumulative_sequence_count', async () => {
  await manifest.initialize(1);
  await manifest.updateShardCheckpoint(0, 0, 100, 'batch_00000.pt');
  await manifest.updateShardCheckpoint(0, 1, 50, 'batch_00001.pt');
  expect((await manifest.getShardState(0))?.total_sequences).toBe(150);
});

test('test_manifest_concurrent_updates_no_corruption', async () => {
  await manifest.initialize(4);
  await Promise.all([0, 1, 2, 3].map((rank) => updates(rank, 0, 50)));
  for (let rank = 0; rank < 4; rank++) {
    const shard = await manifest.getShardState(rank);
    expect(shard?.checkpoints.map(({ batch_idx }) => batch_idx)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
    expect(shard?.total_sequences).toBe(500);
  }
});

test('test_manifest_concurrent_same_shard_updates', async () => {
  await manifest.initialize(1);
  await Promise.all([updates(0, 0, 25), updates(0, 25, 25)]);
  expect(await manifest.getShardState(0)).toMatchObject({ total_sequences: 500, last_checkpoint_batch: 49 });
});

test('test_manifest_file_lock_prevents_corruption', async () => {
  const log: string[] = [];
  const acquireLock = async () => {
    log.push('lock');
    const before = await readFile(manifest.path, 'utf8').catch(() => '');
    return {
      async release() {
        log.push((await readFile(manifest.path, 'utf8')) === before ? 'unchanged' : 'written', 'unlock');
      },
    };
  };
  const locked = new CheckpointManifest(manifest.path, { acquireLock });
  await locked.initialize(1);
  await locked.updateShardCheckpoint(0, 0, 1, 'batch_00000.pt');
  expect(log).toEqual(['lock', 'written', 'unlock', 'lock', 'written', 'unlock']);
  // The lock is released even if the update fails.
  await expect(locked.markShardComplete(7)).rejects.toBeInstanceOf(ManifestUpdateError);
  expect(log.slice(6)).toEqual(['lock', 'unchanged', 'unlock']);
});

test('test_manifest_record_redistribution', async () => {
  await manifest.initialize(3);
  await manifest.recordRedistribution(2, 0);
  const [entry] = (await onDisk()).redistributions;
  expect(entry).toMatchObject({ failed_rank: 2, new_rank: 0 });
  expect(Date.parse(entry.recorded_at)).toBeGreaterThan(0);
});

test('test_manifest_get_redistributed_shards', async () => {
  await manifest.initialize(4);
  await manifest.recordRedistribution(2, 0);
  await manifest.recordRedistribution(3, 1);
  expect(await manifest.getRedistributedShards()).toEqual(
    new Map([
      [2, 0],
      [3, 1],
    ]),
  );
});

test('checkpoints found on disk replace recorded ones', async () => {
  await manifest.initialize(1);
  for (let i = 0; i < 3; i++) await manifest.updateShardCheckpoint(0, i, 10, `batch_0000${i}.pt`);
  await manifest.reconcileShard(0, [{ checkpoint: 0, numSequences: 10, file: 'batch_00000.pt' }]);
  expect(await manifest.getShardState(0)).toMatchObject({ last_checkpoint_batch: 0, total_sequences: 10 });
});

test('a file name that leaves the shard folder is refused', async () => {
  await manifest.initialize(1);
  for (const file of ['../x.pt', '/x.pt', 'a/b.pt', 'a\\b', '..', '']) {
    await expect(manifest.updateShardCheckpoint(0, 0, 1, file)).rejects.toBeInstanceOf(ManifestUpdateError);
  }
});

test('a manifest cut off anywhere, or of another version, is refused by name', async () => {
  await mixedStates();
  const whole = await readFile(manifest.path, 'utf8');
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.trimEnd().length - 1), async (length) => {
      await writeFile(manifest.path, whole.slice(0, length));
      await expect(manifest.load()).rejects.toBeInstanceOf(ManifestCorruptError);
    }),
    { numRuns: 50 },
  );
  await writeFile(manifest.path, whole.replace('"1.0"', '"2.0"'));
  await expect(manifest.load()).rejects.toThrow('version "2.0"');
});
