import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { ManifestCorruptError, ManifestUpdateError, ManifestVersionError } from './errors.js';
import { CheckpointManifest } from './manifest.js';

let manifest: CheckpointManifest;
beforeEach(async () => {
  manifest = new CheckpointManifest(join(await mkdtemp(join(tmpdir(), 'misuse-')), 'manifest.json'));
});
const other = () => new CheckpointManifest(manifest.path);

const circle: unknown[] = [];
circle.push(circle);

// biome-ignore lint/suspicious/noExplicitAny: JavaScript callers may pass anything.
const wrong: [string, (of: any) => Promise<unknown>][] = [
  ['no file', (of) => of.updateShardCheckpoint(0, 0, 10, undefined)],
  ['a number for a file', (of) => of.updateShardCheckpoint(0, 0, 10, 5)],
  ['text for a rank', (of) => of.updateShardCheckpoint('0', 0, 10, 'a.pt')],
  ['a method for a rank', (of) => of.markShardComplete('length')],
  ['half a rank', (of) => of.markShardComplete(0.5)],
  ['an Error for its message', (of) => of.markShardFailed(0, new Error('x'))],
  ['no message', (of) => of.markShardFailed(0)],
  ['no owner', (of) => of.claimShard(0)],
  ['a pid for an owner', (of) => of.claimShard(0, process.pid)],
  ['text for milliseconds', (of) => of.claimShard(0, 'a', { unlessAliveWithinMs: '60s' })],
  ['text for ranks', (of) => of.recordRedistribution('0', '1')],
  ['no recovery', (of) => of.recordRecovery(0)],
  ['a function for a recovery', (of) => of.recordRecovery(0, () => 1)],
  ['what JSON makes null', (of) => of.recordRecovery(0, { delays: [1, Number.NaN] })],
  ['what JSON leaves out', (of) => of.recordRecovery(0, { oom: undefined })],
  ['what JSON makes empty', (of) => of.recordRecovery(0, { batches: new Map([[1, 2]]) })],
  ['what JSON does not know', (of) => of.recordRecovery(0, [1n])],
  ['a recovery without an end', (of) => of.recordRecovery(0, circle)],
  ['a recovery that is too long', (of) => of.recordRecovery(0, 'ä'.repeat(600_000))],
  ['a recovery of no shard', (of) => of.recordRecovery('0', null)],
  ['a heartbeat without a claim', (of) => of.heartbeat(0, {})],
  [
    'a negative checkpoint',
    (of) => of.reconcileShard(0, [{ checkpoint: -4, numSequences: 1, file: 'a.pt' }]),
  ],
  [
    'no number of sequences',
    (of) => of.reconcileShard(0, [{ checkpoint: 0, numSequences: Number.NaN, file: 'a.pt' }]),
  ],
  [
    'more sequences than can be counted',
    async (of) => {
      await of.updateShardCheckpoint(1, 0, Number.MAX_SAFE_INTEGER, 'a.pt');
      await of.updateShardCheckpoint(1, 1, 1, 'b.pt');
    },
  ],
];

test.each([
  ['small', 2],
  ['large', 200],
])('whatever JavaScript callers pass, nothing unreadable is written to a %s manifest', async (_, shards) => {
  await manifest.initialize(shards);
  for (const [what, use] of wrong) {
    await expect(use(manifest), what).rejects.toBeInstanceOf(ManifestUpdateError);
    await other().load();
  }
  await manifest.updateShardCheckpoint(0, 0, 10, 'a.pt');
  expect((await other().getShardState(0))?.total_sequences).toBe(10);
});

test('a changed byte of manifest.json is detected, or changes nothing', async () => {
  await manifest.initialize(2);
  await manifest.updateShardCheckpoint(0, 0, 10, 'a.pt');
  await manifest.claimShard(1, 'worker a');
  const whole = await manifest.load();
  const bytes = await readFile(manifest.path);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const changed = Buffer.from(bytes);
      changed[at]! ^= change;
      await writeFile(manifest.path, changed);
      const read = await other()
        .load()
        .catch((error: unknown) => error);
      if (!(read instanceof ManifestCorruptError) && !(read instanceof ManifestVersionError))
        expect(read).toEqual(whole);
    }),
    { numRuns: 300 },
  );
});

test('a caller may change returned values without effect', async () => {
  await manifest.initialize(2);
  const claim = await manifest.claimShard(0, 'worker a');
  await manifest.updateShardCheckpoint(0, 0, 10, 'a.pt', claim);
  await manifest.recordRedistribution(1, 0);
  const whole = await manifest.load();
  for (const state of [await manifest.load(), { shards: { 0: (await manifest.getShardState(0))! } }]) {
    state.shards[0]!.lease!.attempt = 7;
    state.shards[0]!.checkpoints[0]!.num_sequences = 1e6;
    if ('redistributions' in state) state.redistributions[0]!.new_rank = 1;
  }
  expect(await manifest.load()).toEqual(whole);
  await manifest.heartbeat(0, claim);
});

test('of several processes that begin a run unless there is one, one succeeds', async () => {
  const begun = await Promise.allSettled(Array.from({ length: 4 }, () => other().initialize(3)));
  expect(begun.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  for (const each of begun)
    if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'EEXIST' });
});

test('a stored file name that leaves the shard folder is refused, too', async () => {
  await manifest.initialize(1);
  await manifest.updateShardCheckpoint(0, 0, 10, 'a.pt');
  const state = JSON.parse(await readFile(manifest.path, 'utf8'));
  delete state.crc32;
  state.shards[0].checkpoints[0].file = '../../a.pt';
  await writeFile(manifest.path, JSON.stringify(state));
  await expect(manifest.load()).rejects.toThrow('not a plain file name');
});

test('a run of a newer version is not replaced', async () => {
  await manifest.initialize(1);
  const text = (await readFile(manifest.path, 'utf8')).replace('"1.0"', '"2.0"');
  await writeFile(manifest.path, text);
  await expect(other().initialize(1)).rejects.toBeInstanceOf(ManifestVersionError);
  expect(await readFile(manifest.path, 'utf8')).toBe(text);
});

test('checkpoints found for a rebuild are checked too, and a failure names both faults', async () => {
  await manifest.initialize(2);
  const damage = () => writeFile(manifest.path, '{');
  for (const [says, rebuild] of [
    [
      'batch_idx',
      { worldSize: 2, checkpoints: new Map([[0, [{ checkpoint: -1, numSequences: 1, file: 'a.pt' }]]]) },
    ],
    ['shard 5', { worldSize: 2, checkpoints: new Map([[5, []]]) }],
    ['no such folder', null],
  ] as const) {
    await damage();
    const healing = new CheckpointManifest(manifest.path, {
      rebuild: async () => rebuild ?? Promise.reject(new Error('no such folder')),
    });
    for (const use of [() => healing.load(), () => healing.markShardComplete(0)]) {
      await expect(use()).rejects.toBeInstanceOf(ManifestCorruptError);
      await expect(use()).rejects.toThrow(says);
    }
    expect(await readFile(manifest.path, 'utf8')).toBe('{');
  }
});
