import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { freshFolder, start, windows } from './command.js';
import { faultsOf, look } from './verify-run.js';

// A run with so many checkpoints that its manifest has a journal.

let out: string;
/** Both files of the manifest, as they were at several moments of the run. */
const older: [manifest: Buffer, journal: Buffer][] = [];
const manifest = () => join(out, 'checkpoints/manifest.json');
const journal = () => join(out, 'checkpoints/manifest.json.journal');
const both = () => Promise.all([readFile(manifest()), readFile(journal()).catch(() => Buffer.alloc(0))]);

beforeAll(async () => {
  out = join(await freshFolder(), 'out');
  const line = ['embed', await windows(2000), '--out', out, '--shards', '2', '--workers', '1'];
  const running = start([...line, '--batch-tokens', '2000', '--seq-threshold', '10']);
  const copies: Promise<unknown>[] = [];
  let seen = 0;
  running.onLine(({ event }) => {
    if (event === 'checkpoint' && ++seen % 25 === 0) copies.push(both().then((files) => older.push(files)));
  });
  expect(await running.ended).toMatchObject({ code: 0 });
  await Promise.all(copies);
  expect((await readFile(journal())).length).toBeGreaterThan(1000);
  expect(faultsOf(await look(out))).toEqual([]);
});

/** Changes a file for one look. */
async function foundWith(files: readonly (readonly [path: string, bytes: Buffer])[]): Promise<string[]> {
  const before = await both();
  try {
    for (const [path, bytes] of files) await writeFile(path, bytes);
    return faultsOf(await look(out));
  } finally {
    await writeFile(manifest(), before[0]);
    await writeFile(journal(), before[1]);
  }
}

test('a flipped bit anywhere in the journal, and a journal that was cut anywhere, is found', async () => {
  const bytes = await readFile(journal());
  const place = fc.nat(bytes.length - 1);
  const flip = fc.tuple(place, fc.nat(7)).map(([at, bit]) => {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 1 << bit;
    return flipped;
  });
  const cut = place.map((at) => bytes.subarray(0, at));
  const last = fc.nat(7).map((bit) => {
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 1]! ^= 1 << bit;
    return flipped;
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(flip, cut, last), async (changed) => {
      expect(await foundWith([[journal(), changed]])).toContainEqual(
        expect.stringMatching(/^checkpoints\/manifest\.json(\.journal)?(, shard \d)?: /),
      );
    }),
    { numRuns: 25, seed: 21, endOnFailure: true },
  );
});

test('an older manifest is found, with its journal or with the new one', async () => {
  const [last, now] = await both();
  // The last copies may be of the end.
  const before = older.filter(([one, events]) => !one.equals(last) || !events.equals(now));
  expect(before.length).toBeGreaterThan(2);
  for (const [one, events] of before) {
    const faults = await foundWith([
      [manifest(), one],
      [journal(), events],
    ]);
    expect(faults).toContainEqual(expect.stringMatching(/^checkpoints\/manifest\.json/));
    if (!one.equals(last))
      expect(
        await foundWith([
          [manifest(), one],
          [journal(), now],
        ]),
      ).toContainEqual(expect.stringMatching(/^checkpoints\/manifest\.json/));
  }
});

test('a copy of the folder is judged as the folder is', async () => {
  const copy = join(await freshFolder(), 'copy');
  await cp(out, copy, { recursive: true });
  expect(faultsOf(await look(copy))).toEqual([]);
});
