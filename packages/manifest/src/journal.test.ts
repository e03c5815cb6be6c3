import { cpSync, existsSync, readFileSync, statSync } from 'node:fs';
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { ManifestCorruptError, ManifestVersionError } from './errors.js';
import { CheckpointManifest } from './manifest.js';

let folder: string;
let manifest: CheckpointManifest;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
  manifest = new CheckpointManifest(join(folder, 'manifest.json'));
});
const journal = () => `${manifest.path}.journal`;
const other = () => new CheckpointManifest(manifest.path);
const file = (batch: number) => `batch_${String(batch).padStart(5, '0')}.pt`;

/** Length of the journal in bytes. */
const written = () => statSync(journal(), { throwIfNoEntry: false })?.size ?? 0;

/** Makes the manifest large enough for updates to go to the journal. */
const SHARDS = 200;
const LARGE = 16 * 1024;
async function large(): Promise<void> {
  await manifest.initialize(SHARDS);
  expect(statSync(manifest.path).size).toBeGreaterThan(LARGE);
}

test('a large manifest is not rewritten for an update, and the journal counts', async () => {
  await large();
  const before = readFileSync(manifest.path);
  for (let i = 0; i < 10; i++) await manifest.updateShardCheckpoint(i, 0, 10, file(0));
  await manifest.markShardFailed(3, 'lost');
  expect(readFileSync(manifest.path)).toEqual(before);
  for (const reader of [manifest, other()]) {
    expect(await reader.getGlobalProgress()).toMatchObject({ total_checkpoints: 10, failed: 1 });
    expect((await reader.getShardState(9))?.checkpoints).toMatchObject([{ batch_idx: 0, num_sequences: 10 }]);
  }
});

test('the journal is folded into manifest.json in time, which is then complete', async () => {
  await large();
  const sizes = new Set<number>();
  for (let i = 0; i < 600; i++) {
    await manifest.updateShardCheckpoint(i % SHARDS, i, 10, file(i));
    sizes.add(statSync(manifest.path).size);
    expect(written()).toBeLessThanOrEqual(statSync(manifest.path).size);
  }
  // It was folded a few times, each time with more events than before.
  expect(sizes.size).toBeGreaterThan(1);
  expect(sizes.size).toBeLessThan(10);
  expect((await other().getGlobalProgress()).total_checkpoints).toBe(600);
  expect((await readdir(folder)).sort()).toEqual([
    'manifest.json',
    'manifest.json.journal',
    'manifest.json.lock',
  ]);
});

test('concurrent updates share one lock, and each gets its own error', async () => {
  await large();
  let taken = 0;
  const counted = new CheckpointManifest(manifest.path, {
    acquireLock: async () => {
      taken++;
      return { release: async () => undefined };
    },
  });
  const results = await Promise.allSettled(
    Array.from({ length: 100 }, (_, i) =>
      counted.updateShardCheckpoint(i === 50 ? SHARDS : 0, i, 10, file(i)),
    ),
  );
  expect(taken).toBeLessThanOrEqual(2);
  expect(results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []))).toEqual([50]);
  expect((await manifest.getShardState(0))?.checkpoints).toHaveLength(99);
});

test('after a kill between a new manifest.json and the emptying of its journal, nothing counts twice', async () => {
  await large();
  for (let i = 0; i < 20; i++) await manifest.updateShardCheckpoint(0, i, 10, file(i));
  const stale = readFileSync(journal());
  const whole = await manifest.load();
  // The result of a fold, made here by writing a large manifest's state.
  const { formatSnapshot } = await import('./files/snapshot-format.js');
  await writeFile(manifest.path, [...formatSnapshot(whole)].join(''));
  await writeFile(journal(), stale);
  for (const one of [manifest, other()]) expect(await one.load()).toEqual(whole);
  await other().updateShardCheckpoint(0, 20, 10, file(20));
  expect((await manifest.getShardState(0))?.total_sequences).toBe(210);
  // The journal no longer has the events of manifest.json: it could not complete an older one.
  const lines = readFileSync(journal(), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).revision)).toEqual([undefined, 21]);
});

test('the journal of an earlier manifest is ignored', async () => {
  await large();
  for (let i = 0; i < 20; i++) await manifest.updateShardCheckpoint(0, i, 10, file(i));
  const stale = readFileSync(journal());
  await manifest.initialize(SHARDS, { replace: true });
  await writeFile(journal(), stale);
  expect((await other().getGlobalProgress()).total_checkpoints).toBe(0);
  await other().updateShardCheckpoint(1, 0, 10, file(0));
  for (const one of [manifest, other()]) {
    expect((await one.getGlobalProgress()).total_checkpoints).toBe(1);
    expect((await one.getShardState(0))?.checkpoints).toEqual([]);
  }
});

test('after a power cut anywhere, all acknowledged events are there, and none that was not begun', async () => {
  await large();
  // The journal's length at each acknowledgement.
  const acknowledged = [0];
  for (let i = 0; i < 12; i++) {
    await manifest.updateShardCheckpoint(0, i, 10, file(i));
    acknowledged.push(written());
  }
  const whole = readFileSync(journal());
  const kept = fc.record({
    from: fc.nat(12),
    bytes: fc.nat(whole.length),
    lost: fc.constantFrom('cut', 'zeros'),
  });
  await fc.assert(
    fc.asyncProperty(kept, async ({ from, bytes, lost }) => {
      // This many bytes after the acknowledged ones had reached the disk.
      const end = Math.min(whole.length, acknowledged[from]! + bytes);
      const rest = lost === 'zeros' ? Buffer.alloc(whole.length - end) : Buffer.alloc(0);
      await writeFile(journal(), Buffer.concat([whole.subarray(0, end), rest]));
      const after = other();
      const numbers = (await after.getShardState(0))!.checkpoints.map(({ batch_idx }) => batch_idx);
      expect(numbers).toEqual(numbers.map((_, i) => i));
      expect(numbers.length).toBeGreaterThanOrEqual(from);
      // The manifest goes on from there.
      await after.updateShardCheckpoint(0, numbers.length, 10, file(numbers.length));
      expect((await other().getShardState(0))?.total_sequences).toBe(10 * (numbers.length + 1));
    }),
    { numRuns: 100 },
  );
});

test('a damaged journal is refused by name, or rebuilt if the checkpoints can be read', async () => {
  await large();
  await manifest.recordRedistribution(5, 6);
  await manifest.recordRecovery(7, { oom: 2 });
  for (let i = 0; i < 5; i++) await manifest.updateShardCheckpoint(0, i, 10, file(i));
  await manifest.markShardFailed(7, 'lost');
  const bytes = readFileSync(journal());
  bytes[bytes.indexOf('batch_00002')]! ^= 1;
  await writeFile(journal(), bytes);
  for (const use of [
    (one: CheckpointManifest) => one.load(),
    (one: CheckpointManifest) => one.markShardComplete(0),
  ]) {
    await expect(use(other())).rejects.toBeInstanceOf(ManifestCorruptError);
    await expect(use(other())).rejects.toThrow(manifest.path);
  }
  const warnings: string[] = [];
  const healing = new CheckpointManifest(manifest.path, {
    rebuild: async () => ({
      worldSize: SHARDS,
      checkpoints: new Map([
        [0, [0, 1, 2, 3].map((i) => ({ checkpoint: i, numSequences: 10, file: file(i) }))],
      ]),
    }),
    onWarning: (message) => void warnings.push(message),
  });
  expect((await healing.getShardState(0))?.total_sequences).toBe(40);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('journal is damaged at byte');
  expect(warnings[0]).toContain('rebuilt from the checkpoints');
  expect(await readFile(`${journal()}.corrupt`)).toEqual(bytes);
  // Facts from before the damage that no folder has are kept.
  expect(await other().getRedistributedShards()).toEqual(new Map([[5, 6]]));
  // Counts of failures are not: newer ones may be lost in the damage.
  expect((await other().getShardState(7))?.recovery).toBeNull();
  expect((await other().getGlobalProgress()).total_checkpoints).toBe(4);
});

test('a damaged manifest.json is rebuilt from the checkpoints by any process that finds it, or several at once', async () => {
  await manifest.initialize(3);
  await manifest.updateShardCheckpoint(1, 0, 10, file(0));
  await truncate(manifest.path, 100);
  const warnings: string[] = [];
  const healing = () =>
    new CheckpointManifest(manifest.path, {
      rebuild: async () => ({
        worldSize: 3,
        checkpoints: new Map([[1, [{ checkpoint: 0, numSequences: 10, file: file(0) }]]]),
      }),
      onWarning: (message) => void warnings.push(message),
    });
  await Promise.all([healing().load(), healing().updateShardCheckpoint(1, 1, 5, file(1)), healing().load()]);
  expect(await manifest.getShardState(1)).toMatchObject({ total_sequences: 15 });
  expect(warnings).toHaveLength(1);
  expect(await readdir(folder)).toContain('manifest.json.corrupt');
  await writeFile(manifest.path, '');
  await healing().load();
  expect(await readdir(folder)).toContain('manifest.json.corrupt-1');
});

test('a newer version is refused by name, and never rebuilt', async () => {
  await manifest.initialize(1);
  const healing = new CheckpointManifest(manifest.path, {
    rebuild: () => Promise.reject(new Error('asked')),
  });
  const text = await readFile(manifest.path, 'utf8');
  await writeFile(manifest.path, text.replace('"1.0"', '"1.1"'));
  for (const use of [() => healing.load(), () => healing.markShardComplete(0)])
    await expect(use()).rejects.toBeInstanceOf(ManifestVersionError);
  await writeFile(manifest.path, text);
  await writeFile(journal(), await newerJournal(text));
  await expect(healing.load()).rejects.toThrow('"9.0"');
});

async function newerJournal(text: string): Promise<string> {
  const { crc32 } = await import('node:zlib');
  const head = `{"journal":"9.0","manifest_id":"${JSON.parse(text).manifest_id}"`;
  return `${head},"crc32":"${crc32(head).toString(16).padStart(8, '0')}"}\n`;
}

test('events that disappear from a journal after they were read are noticed', async () => {
  await large();
  await manifest.updateShardCheckpoint(0, 0, 10, file(0));
  await manifest.updateShardCheckpoint(0, 1, 10, file(1));
  await truncate(journal(), 0);
  await expect(manifest.markShardComplete(0)).rejects.toThrow('events 1 to 2 are missing');
  // The fault is not forgotten.
  await expect(manifest.getGlobalProgress()).rejects.toThrow('events 1 to 2 are missing');
  await expect(manifest.markShardComplete(0)).rejects.toThrow('events 1 to 2 are missing');
});

test('a journal that was cut and grew back to its length is noticed', async () => {
  await large();
  await manifest.updateShardCheckpoint(0, 0, 10, file(0));
  const before = readFileSync(journal());
  await manifest.updateShardCheckpoint(0, 1, 10, file(1));
  const reader = other();
  expect((await reader.getShardState(0))?.last_checkpoint_batch).toBe(1);
  await writeFile(journal(), before);
  const writer = other();
  await writer.updateShardCheckpoint(0, 7, 10, file(7));
  expect((await reader.getShardState(0))?.last_checkpoint_batch).toBe(7);
  await reader.updateShardCheckpoint(0, 8, 10, file(8));
  expect((await other().getShardState(0))?.checkpoints.map(({ batch_idx }) => batch_idx)).toEqual([0, 7, 8]);
});

test('a missing manifest is reported as missing', async () => {
  await expect(manifest.markShardComplete(0)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(manifest.load()).rejects.toMatchObject({ code: 'ENOENT' });
  await manifest.initialize(1);
  await manifest.markShardComplete(0);
  await rm(manifest.path);
  await expect(manifest.load()).rejects.toMatchObject({ code: 'ENOENT' });
});

test('invalid numbers are refused before anything is written', async () => {
  for (const size of [-1, 1.5, Number.NaN])
    await expect(manifest.initialize(size)).rejects.toThrow('not a number of shards');
  await manifest.initialize(1);
  for (const [batch, count] of [
    [-1, 1],
    [0.5, 1],
    [0, Number.NaN],
    [0, -1],
  ] as const)
    await expect(manifest.updateShardCheckpoint(0, batch, count, file(0))).rejects.toThrow('whole number');
  expect(await manifest.getGlobalProgress()).toMatchObject({ total_checkpoints: 0 });
});

const golden = new URL('../test/golden/', import.meta.url);
const goldenStates = JSON.parse(readFileSync(new URL('expected.json', golden), 'utf8'));

test.each(Object.keys(goldenStates))(
  '%s, as an older Holdfast wrote it, can be read and continued',
  async (name) => {
    cpSync(new URL(`${name}/`, golden), folder, { recursive: true });
    const { id, ...expected } = goldenStates[name];
    const state = await manifest.load();
    expect(state).toMatchObject(expected);
    if (id) expect(state.manifest_id).toBe(id);
    expect(Object.values(state.shards).every(({ recovery }) => recovery === null)).toBe(true);
    const { token } = await manifest.claimShard(0, 'a new worker');
    await manifest.updateShardCheckpoint(0, 77, 5, file(77), { token });
    expect((await other().getShardState(0))?.last_checkpoint_batch).toBe(77);
    const { total_sequences, checkpoints } = expected.shards[0];
    expect(await other().getShardState(0)).toMatchObject({ total_sequences: total_sequences + 5 });
    expect((await other().getShardState(0))?.checkpoints).toHaveLength(checkpoints.length + 1);
  },
);

test('a reader sees consistent states, in order, while others write and fold', async () => {
  await large();
  const writer = other();
  let done = false;
  const writing = (async () => {
    for (let i = 0; i < 800; i++) await writer.updateShardCheckpoint(0, i, 1, file(i));
    done = true;
  })();
  let seen = 0;
  while (!done) {
    const { checkpoints, total_sequences } = (await manifest.getShardState(0))!;
    expect(checkpoints.length).toBe(total_sequences);
    expect(total_sequences).toBeGreaterThanOrEqual(seen);
    seen = total_sequences;
  }
  await writing;
  expect((await manifest.getShardState(0))?.total_sequences).toBe(800);
});

test('a line appended to a journal by hand is detected', async () => {
  await large();
  await manifest.updateShardCheckpoint(0, 0, 10, file(0));
  await appendFile(journal(), '{"revision":2,"type":"complete","rank":0}\n');
  await expect(other().load()).rejects.toBeInstanceOf(ManifestCorruptError);
});

test.runIf(existsSync('/proc/self/fd'))('no file stays open, however an update ends', async () => {
  await large();
  const open = async () => (await readdir('/proc/self/fd')).length;
  const round = async (i: number) => {
    await manifest.updateShardCheckpoint(0, i, 10, file(i));
    await manifest.updateShardCheckpoint(0, i, 10, file(i));
    await manifest.markShardComplete(SHARDS).catch(() => undefined);
    await other().getGlobalProgress();
    const watch = manifest.watch();
    await watch.next();
    await watch.return();
  };
  await round(0);
  const before = await open();
  for (let i = 1; i < 30; i++) await round(i);
  expect(await open()).toBeLessThanOrEqual(before + 2);
});
