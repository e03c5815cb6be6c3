import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkpointName } from '../src/names.js';
import { openCheckpoint, type Verify } from '../src/read/open.js';
import { readShard, setAside } from '../src/read/shard.js';
import { AsyncCheckpointWriter } from '../src/write/writer.js';
import { CrashFileSystem, type Pick, type SyncOf } from './crash-fs.js';

const DIM = 3;
let root: string;
let folders = 0;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crash-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));
const fresh = () => join(root, String(folders++));

const idOf = (ordinal: number) => `s${ordinal}`;
const rowOf = (ordinal: number) => [ordinal, ordinal + 0.5, -ordinal];

/** One life of a worker: the sizes of its checkpoints, and after which of them it waits for the disk. */
interface Life {
  sizes: readonly number[];
  waits: readonly boolean[];
}

/** Rows found by a resume; throws if a row does not match its ordinal. */
async function rowsIn(folder: string, verify: Verify): Promise<{ rows: number; next: number }> {
  let [rows, next] = [0, 0];
  for await (const entry of readShard(folder, { verify })) {
    if ('fault' in entry) break;
    const { sequenceIds } = entry.checkpoint;
    const data = await entry.checkpoint.readRows();
    for (const [i, id] of sequenceIds.entries()) {
      if (id !== idOf(rows + i)) throw new Error(`row ${rows + i} is named ${id}`);
      const row = Array.from(data.subarray(i * DIM, (i + 1) * DIM));
      if (row.join() !== rowOf(rows + i).join()) throw new Error(`row ${rows + i} holds ${row}`);
    }
    rows += sequenceIds.length;
    next++;
  }
  return { rows, next };
}

/**
 * Checks that every marker vouches for a whole file: the original Python, which trusts markers alone, may
 * resume.
 */
async function checkMarkers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!/^batch_\d+\.pt\.done$/.test(name)) continue;
    const checkpoint = await openCheckpoint(join(folder, name.slice(0, -'.done'.length)));
    await checkpoint[Symbol.asyncDispose]();
  }
}

/**
 * Checks that nothing looks corrupt after a crash, and that freeing the next number removes all unfinished
 * files.
 */
async function checkFreed(folder: string): Promise<void> {
  const strange = (await readdir(folder)).filter((name) => /\.tmp$|corrupt/.test(name));
  if (strange.length > 0) throw new Error(`left behind: ${strange.join(', ')}`);
}

/** Resumes and writes on; records the operations, and the rows acknowledged after how many of them. */
async function live(folder: string, { sizes, waits }: Life, without: SyncOf | null) {
  const fs = await CrashFileSystem.over(folder, without);
  const { rows, next } = await rowsIn(folder, 'checksum');
  const acknowledged = [{ operations: 0, rows }];
  await setAside(folder, next, { fs });
  if (without === null) await checkFreed(folder);
  const writer = new AsyncCheckpointWriter({ fs });
  let ordinal = rows;
  for (const [i, size] of sizes.entries()) {
    const ordinals = Array.from({ length: size }, (_, k) => ordinal + k);
    const embeddings = { data: Float32Array.from(ordinals.flatMap(rowOf)), shape: [size, DIM] as const };
    await writer.writeCheckpointAsync(join(folder, checkpointName(next + i)), embeddings, ordinals.map(idOf));
    ordinal += size;
    if (!waits[i]) continue;
    await writer.waitAll();
    acknowledged.push({ operations: fs.operations.length, rows: ordinal });
  }
  await writer.waitAll();
  acknowledged.push({ operations: fs.operations.length, rows: ordinal });
  return { fs, acknowledged };
}

/** Checks a folder after a crash. */
async function check(folder: string, acknowledged: number): Promise<void> {
  for (const verify of ['checksum', 'length'] as const) {
    const { rows } = await rowsIn(folder, verify);
    if (rows < acknowledged) throw new Error(`${acknowledged} rows were acknowledged, ${rows} are found`);
  }
  await checkMarkers(folder);
}

/** Lives one life, crashes at a point that `pick` chooses, and returns the folder after the crash. */
async function liveAndCrash(folder: string, life: Life, pick: Pick, without: SyncOf | null): Promise<string> {
  const { fs, acknowledged } = await live(folder, life, without);
  const count = pick(fs.operations.length + 1);
  const left = fresh();
  await fs.crash(count, left, pick);
  const safe = Math.max(
    ...acknowledged.filter(({ operations }) => operations <= count).map(({ rows }) => rows),
  );
  await check(left, safe);
  return left;
}

const life = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
  waits: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
});

/** Several lives, each in the folder that the previous crash left. Only errors that match `how` count. */
function lives(without: SyncOf | null, how = /./) {
  const choices = fc.array(fc.nat(1_000_000), { minLength: 20, maxLength: 80 });
  return fc.asyncProperty(fc.array(fc.tuple(life, choices), { minLength: 1, maxLength: 3 }), async (all) => {
    let folder = fresh();
    await mkdir(folder, { recursive: true });
    for (const [life, choices] of all) {
      let at = 0;
      const pick: Pick = (n) => (choices[at++ % choices.length] as number) % n;
      try {
        folder = await liveAndCrash(folder, life, pick, without);
      } catch (error) {
        if (how.test(String(error))) throw error;
        return;
      }
    }
  });
}

test('after any crash, resume finds all acknowledged rows, nothing torn and nothing under a wrong name', async () => {
  await fc.assert(lives(null), { numRuns: 400 });
});

test('every state of two checkpoints, in full', async () => {
  const start = fresh();
  await mkdir(start, { recursive: true });
  const { fs, acknowledged } = await live(start, { sizes: [2, 1], waits: [true, true] }, null);
  let states = 0;
  for (let count = 0; count <= fs.operations.length; count++) {
    const safe = Math.max(...acknowledged.filter((one) => one.operations <= count).map(({ rows }) => rows));
    // All sequences of choices, like the digits of a counter.
    let digits: { value: number; of: number }[] = [];
    for (;;) {
      let at = 0;
      const left = fresh();
      await fs.crash(count, left, (of) => {
        digits[at] ??= { value: 0, of };
        return digits[at++]!.value;
      });
      await check(left, safe);
      await setAside(left, (await rowsIn(left, 'checksum')).next);
      await checkFreed(left);
      await rm(left, { recursive: true });
      states++;
      while (digits.length > 0 && digits.at(-1)!.value + 1 >= digits.at(-1)!.of) digits.pop();
      if (digits.length === 0) break;
      digits = [...digits.slice(0, -1), { ...digits.at(-1)!, value: digits.at(-1)!.value + 1 }];
    }
  }
  expect(states).toBeGreaterThan(100);
});

test.each<[SyncOf, RegExp]>([
  ['pt', /does not match its .done marker|failed to load/],
  ['marker', /damaged .done marker/],
  ['folder after pt', /file is missing/],
  ['folder after marker', /acknowledged/],
])('without the sync of: %s, some crash breaks a guarantee', async (without, how) => {
  const { failed, errorInstance } = await fc.check(lives(without, how), {
    numRuns: 2000,
    seed: 4,
    endOnFailure: true,
  });
  expect(failed).toBe(true);
  expect(String(errorInstance)).toMatch(how);
});
