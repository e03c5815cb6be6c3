import { existsSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, start, windows } from './command.js';

// Nothing that lies in an output folder is believed because it lies there: each file is proven by another.

let reads: string;
/** A complete run, and its result's digest. */
let complete: string;
let whole: string;
const line = (out: string, input = reads) => [
  'embed',
  input,
  '--out',
  out,
  '--workers',
  '1',
  '--shards',
  '3',
  '--seq-threshold',
  '500',
];
beforeAll(async () => {
  reads = await windows(4000);
  complete = join(await freshFolder(), 'out');
  expect(await holdfast(line(complete))).toMatchObject({ code: 0 });
  whole = await digestOf(complete);
});

async function copyOf(run: string): Promise<string> {
  const out = join(await freshFolder(), 'out');
  await cp(run, out, { recursive: true });
  return out;
}

/** A copy of the complete run as it was before its last shard and its result were there. */
async function unfinished(): Promise<string> {
  const out = await copyOf(complete);
  for (const name of ['result.json', 'embeddings.safetensors', 'ids.txt', 'checkpoints/shard_2'])
    await rm(join(out, name), { recursive: true });
  return out;
}

/** The command ends well, and with the bytes of the undisturbed run. */
async function expectSame(out: string, code = 0): Promise<string[]> {
  const ended = await holdfast(line(out));
  expect([ended.code, ended.stderr]).toEqual([code, '']);
  expect(await digestOf(out)).toBe(whole);
  return ended.lines.filter(({ event }) => event === 'warning').map(({ message }) => String(message));
}

test('an index of another run of the same IDs is not taken for this run’s', async () => {
  const text = await readFile(reads, 'utf8');
  const other = join(await freshFolder(), 'other.fa');
  await writeFile(
    other,
    text
      .split('\n')
      .map((row) => (row.startsWith('>') ? row : [...row].reverse().join('')))
      .join('\n'),
  );
  const theirs = join(await freshFolder(), 'out');
  expect(await holdfast(line(theirs, other))).toMatchObject({ code: 0 });
  expect(await readFile(join(theirs, 'ids.txt'))).toEqual(await readFile(join(complete, 'ids.txt')));
  const out = await unfinished();
  await rm(join(out, 'index'), { recursive: true });
  await cp(join(theirs, 'index'), join(out, 'index'), { recursive: true });
  const warnings = await expectSame(out);
  expect(warnings).toContainEqual(expect.stringMatching(/summary\.json: .*this run.*made anew/));
});

test('a residue that changes after the index was checked gives no row; the same line mends it', async () => {
  const out = await unfinished();
  const running = start(line(out));
  // The workers read it later.
  await running.until('planned');
  const path = join(out, 'index', 'residues.bin');
  const bytes = await readFile(path);
  bytes[bytes.length - 100] = bytes[bytes.length - 100] === 0x41 ? 0x43 : 0x41;
  await writeFile(path, bytes);
  const { code, stderr } = await running.ended;
  expect([code, stderr]).toEqual([4, expect.stringMatching(/residues\.bin: its bytes \d+ to \d+ are not/)]);
  expect(existsSync(join(out, 'result.json'))).toBe(false);
  await expectSame(out);
}, 60_000);
