import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { freshFolder, holdfast, killedAt, windows } from './command.js';
import { countedFiles, PLANTS, type Plant, type Planted } from './verify-plants.js';
import { faultsOf, look } from './verify-run.js';

let run: Planted;
/** The same run in its middle, killed. */
let unfinished: Planted;
beforeAll(async () => {
  const input = await windows(700);
  const folder = await freshFolder();
  const out = join(folder, 'out');
  const line = (to: string, ...more: string[]) => [
    ...[
      'embed',
      input,
      '--out',
      to,
      '--shards',
      '3',
      '--seq-threshold',
      '60',
      '--workers',
      '1',
      '--batch-tokens',
    ],
    ...(more.length > 0 ? more : ['2000']),
  ];
  // Killed before a marker is in place, twice: for a manifest from the middle of the run, and for a run that is not finished.
  const cutAt = (name: string) => holdfast(line(out), '', { env: killedAt('link', name) });
  expect(await cutAt('shard_0/batch_00002.pt.done')).toMatchObject({ signal: 'SIGKILL' });
  const olderManifest = await readFile(join(out, 'checkpoints/manifest.json'));
  expect(await cutAt('shard_1/batch_00002.pt.done')).toMatchObject({ signal: 'SIGKILL' });
  const middle = join(folder, 'middle');
  await cp(out, middle, { recursive: true, preserveTimestamps: true });
  expect(await holdfast(line(out))).toMatchObject({ code: 0 });
  const other = join(folder, 'other');
  expect(await holdfast(line(other, '700'))).toMatchObject({ code: 0 });
  const ofAnotherRun = join(other, 'checkpoints/shard_0/batch_00000.pt');
  run = { out, files: await countedFiles(out), olderManifest, ofAnotherRun, dim: 136 };
  const recorded = await recordedCheckpoints(middle);
  const isRecorded = (file: string) => !file.includes('/shard_') || recorded.has(plain(file));
  unfinished = { ...run, out: middle, files: (await countedFiles(middle)).filter(isRecorded) };
  expect(run.files.length).toBeGreaterThan(30);
  expect(faultsOf(await look(out))).toEqual([]);
  expect(await look(middle)).toMatchObject({ state: 'unfinished', faults: [] });
});

/** Plants a fault in a copy of the run and looks at it. */
async function found(
  { kind, ...where }: Plant,
  of = run,
): Promise<{ file: string; faults: string[]; ok: boolean }> {
  const out = join(await mkdtemp(join(tmpdir(), 'planted-')), 'out');
  try {
    await cp(of.out, out, { recursive: true, preserveTimestamps: true });
    const file = await PLANTS[kind]({ ...of, out }, where);
    const report = await look(out);
    return { file, faults: faultsOf(report), ok: report.ok };
  } finally {
    await rm(join(out, '..'), { recursive: true });
  }
}

/** A marker and its checkpoint are one thing to a reader. */
const plain = (file: string) => file.replace(/\.done$/, '');

/** Those that the manifest lists. The kill may have come before the last one was recorded, and then nobody would miss it. */
async function recordedCheckpoints(out: string): Promise<Set<string>> {
  const { shards } = JSON.parse(await readFile(join(out, 'checkpoints/manifest.json'), 'utf8'));
  return new Set(
    Object.entries<{ checkpoints: { file: string }[] }>(shards).flatMap(([shard, { checkpoints }]) =>
      checkpoints.map(({ file }) => `checkpoints/shard_${shard}/${file}`),
    ),
  );
}

test('each of 200 random faults is found, and named with its file', { timeout: 900_000 }, async () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  const kinds = Object.keys(PLANTS) as Plant['kind'][];
  // Flipped bits are the most, in all kinds of files.
  const kind = fc.oneof(
    { weight: 2, arbitrary: fc.constantFrom('flippedBit' as const, 'otherByte' as const, 'cutOff' as const) },
    { weight: 3, arbitrary: fc.constantFrom(...kinds) },
  );
  await fc.assert(
    fc.asyncProperty(fc.record({ kind, file: share, place: share, value: share }), async (plant) => {
      const { file, faults, ok } = await found(plant);
      expect(ok).toBe(false);
      expect(faults.filter((fault) => fault.includes(plain(file)))).not.toEqual([]);
    }),
    { numRuns: 200, seed: 21, endOnFailure: true },
  );
});

test.each(Object.keys(PLANTS) as Plant['kind'][])('%s is found, and named with its file', async (kind) => {
  for (const share of [0, 0.5, 0.99]) {
    const { file, faults } = await found({ kind, file: share, place: share, value: share });
    expect(faults.filter((fault) => fault.includes(plain(file)))).not.toEqual([]);
  }
});

test('so is each of 40 in a run that was killed, as far as it has such files', async () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
  // Rows that were exchanged with all sums made to fit are only known by the result.
  const kinds = (Object.keys(PLANTS) as Plant['kind'][]).filter(
    (kind) => !/InResult$|^ids?[A-Z]\w*d$|^idMissing$|^idTwice$|^rowsExchanged/.test(kind),
  );
  const kind = fc.constantFrom(...kinds);
  await fc.assert(
    fc.asyncProperty(fc.record({ kind, file: share, place: share, value: share }), async (plant) => {
      const { file, faults } = await found(plant, unfinished);
      expect(faults.filter((fault) => fault.includes(plain(file)))).not.toEqual([]);
    }),
    { numRuns: 40, seed: 21, endOnFailure: true },
  );
});
