import {
  chmod,
  copyFile,
  mkdtemp,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptRecords } from '@holdfast/options';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { type FingerprintPart, fingerprintOf } from './fingerprint.js';
import { firstTouched, provenFingerprint } from './proven-fingerprint.js';

let folder: string;
let weights: string;
let records: KeptRecords;
/** Long after all files were written. */
const now = () => Date.now() + 60_000;
const SETTINGS = { dim: 2 };
/** Seconds since 1970. */
const OLD = 1_700_000_000;
const parts = (path = weights): FingerprintPart[] => [
  { name: 'graph', bytes: Buffer.from('graph') },
  { name: 'weights', path },
];
/** The fingerprint, and whether the files were read for it: a proof without reading is the very one that was kept. */
const asked = (options = {}, of = parts()) => provenFingerprint(of, SETTINGS, { records, now, ...options });

/** A kept record with another fingerprint, which shows who believes it. */
async function planted() {
  const { proof } = await asked();
  const fake = { ...proof!, fingerprint: 'f'.repeat(64) };
  await records.keep([fake.of, [weights]], fake);
  return fake;
}

/** Does something to the file until its clock has gone on, as it has for a person. */
async function until(change: () => Promise<unknown>): Promise<void> {
  const times = async () => (await stat(weights, { bigint: true })).ctimeNs;
  const before = await times();
  do await change();
  while ((await times()) === before);
}

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'proof-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  weights = join(folder, 'weights');
  await writeFile(weights, 'one');
  // A time that `utimes` restores to the nanosecond.
  await utimes(weights, OLD, OLD);
  records = new KeptRecords('fingerprints', join(folder, 'cache'));
});

test('the fingerprint is that of all bytes, and a kept one is taken as long as the file is the same', async () => {
  const first = await asked();
  expect(first.fingerprint).toBe(await fingerprintOf(parts(), SETTINGS));
  const fake = await planted();
  expect(await asked()).toEqual({ fingerprint: fake.fingerprint, proof: fake });
  // Through a link it is the same file.
  const link = join(folder, 'link');
  await symlink(weights, link);
  expect((await asked({}, parts(link))).fingerprint).toBe(fake.fingerprint);
});

test.each<[string, () => Promise<unknown>]>([
  [
    'changed in place, to as many bytes, with its old time restored',
    async () => {
      const { mtimeNs } = await stat(weights, { bigint: true });
      await until(async () => {
        await writeFile(weights, 'two');
        await utimes(weights, OLD, OLD);
      });
      expect((await stat(weights, { bigint: true })).mtimeNs).toBe(mtimeNs);
    },
  ],
  [
    'replaced by another with the same time',
    async () => {
      await writeFile(join(folder, 'new'), 'two');
      await utimes(join(folder, 'new'), OLD, OLD);
      await rename(join(folder, 'new'), weights);
    },
  ],
  ['longer', () => writeFile(weights, 'one and more')],
])('a file that is %s is read again', async (_, change) => {
  const fake = await planted();
  await change();
  const found = await asked({ known: fake });
  expect(found.fingerprint).toBe(await fingerprintOf(parts(), SETTINGS));
  expect(await firstTouched(fake)).toBe(await realpath(weights));
  expect(await firstTouched(found.proof!)).toBeUndefined();
});

test('other settings or another graph are another fingerprint', async () => {
  const fake = await planted();
  const other = await provenFingerprint(parts(), { dim: 3 }, { records, now, known: fake });
  expect(other.fingerprint).toBe(await fingerprintOf(parts(), { dim: 3 }));
  const [, file] = parts();
  const graph = [{ name: 'graph', bytes: Buffer.from('other') }, file!];
  expect((await asked({ known: fake }, graph)).fingerprint).toBe(await fingerprintOf(graph, SETTINGS));
});

test('a file that was changed just now is no proof, since it may change again within the same tick', async () => {
  const { ctimeMs } = await stat(weights);
  for (const [later, proven] of [
    [-5000, false],
    [0, false],
    [2500, false],
    [3500, true],
  ] as const) {
    const found = await asked({ now: () => ctimeMs + later });
    expect([later, found.proof !== undefined]).toEqual([later, proven]);
  }
});

test('a file that changes while it is read is no proof', async () => {
  const changing = {
    ...records,
    read: async () => {
      // After its facts were taken.
      await until(() => writeFile(weights, 'two'));
      return undefined;
    },
    keep: () => Promise.reject(new Error('it was kept')),
  };
  expect((await asked({ records: changing })).proof).toBeUndefined();
});

test('what another process knows is taken without the cache, and what it made up is not', async () => {
  const { proof } = await asked();
  const known = { ...proof!, fingerprint: 'e'.repeat(64) };
  const none = { read: async () => undefined, keep: async () => undefined };
  expect((await asked({ records: none, known })).fingerprint).toBe(known.fingerprint);
  const copy = join(folder, 'copy');
  await copyFile(weights, copy);
  const moved = await asked({ records: none, known }, parts(copy));
  expect(moved.fingerprint).toBe(proof!.fingerprint);
});

test.each([
  ['of another shape', { fingerprint: 'x', files: {} }],
  ['without files', null],
])('a record %s is not taken', async (_, value) => {
  const { proof } = await asked();
  await records.keep([proof!.of, [weights]], value);
  expect((await asked()).fingerprint).toBe(proof!.fingerprint);
});

test('a cache that cannot be written changes nothing', async () => {
  const unwritable = new KeptRecords('fingerprints', join(weights, 'cache'));
  const found = await asked({ records: unwritable });
  expect(found.fingerprint).toBe(await fingerprintOf(parts(), SETTINGS));
  expect(found.proof).toBeDefined();
});

test.runIf(process.getuid?.() !== 0)(
  'a file that may not be read is refused, as without a cache',
  async () => {
    await planted();
    await chmod(weights, 0);
    await expect(asked()).rejects.toMatchObject({ code: 'model_file_missing' });
  },
);

test('a missing file is named, as without a cache', async () => {
  await planted();
  await rm(weights);
  await expect(asked()).rejects.toMatchObject({ code: 'model_file_missing' });
});
