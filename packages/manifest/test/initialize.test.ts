import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { ManifestExistsError } from '../src/errors.js';
import { CheckpointManifest } from '../src/manifest.js';

let manifest: CheckpointManifest;
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'initialize-')), 'manifest.json'));
});

test.each([2, 200])(
  'an existing record of %i shards is not replaced by default, whatever the new number',
  async (shards) => {
    await manifest.initialize(shards);
    for (let batch = 0; batch < 3; batch++)
      await manifest.updateShardCheckpoint(0, batch, 10, `batch_0000${batch}.pt`);
    const whole = await manifest.load();
    const bytes = await readFile(manifest.path);
    for (const number of [shards, 1, 0]) {
      const error = await new CheckpointManifest(manifest.path)
        .initialize(number)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ManifestExistsError);
      expect(error).toMatchObject({ code: 'EEXIST', path: manifest.path });
      expect((error as Error).message).toContain('{ replace: true }');
    }
    expect(await readFile(manifest.path)).toEqual(bytes);
    expect(await manifest.load()).toEqual(whole);
    await manifest.initialize(shards, { replace: true });
    expect(await manifest.getGlobalProgress()).toMatchObject({ total_shards: shards, total_checkpoints: 0 });
  },
);

test.each(['', '{', '[]'])('nor is an unreadable one, such as %j', async (text) => {
  await writeFile(manifest.path, text);
  await expect(manifest.initialize(2)).rejects.toBeInstanceOf(ManifestExistsError);
  expect(await readFile(manifest.path, 'utf8')).toBe(text);
  await manifest.initialize(2, { replace: true });
  expect((await manifest.load()).world_size).toBe(2);
});

test('of several processes that begin a record at once one succeeds, and none replaces another’s', async () => {
  const script = fileURLToPath(new URL('./initializer.mjs', import.meta.url));
  const outcomes = await Promise.all(
    [1, 2, 3, 4].map(async (shards) => {
      const child = fork(script, [manifest.path, String(shards)]);
      const exit = once(child, 'exit');
      const [message] = await once(child, 'message');
      await exit;
      return message as string;
    }),
  );
  expect(outcomes.filter((word) => word === 'begun')).toHaveLength(1);
  expect(outcomes.filter((word) => word === 'EEXIST')).toHaveLength(3);
  expect((await manifest.load()).world_size).toBe(outcomes.indexOf('begun') + 1);
  // Their later updates of shard 0 are all there.
  expect((await manifest.getShardState(0))?.total_sequences).toBe(1 + 2 + 3 + 4);
});
