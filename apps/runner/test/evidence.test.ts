import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, killedAt, start, windows } from './command.js';

// Nothing that lies in an output folder is believed because it lies there: each file is proven by another.

const POISON = fileURLToPath(
  new URL('../../../packages/gpu-runtime/test/fixtures/poison_esm2', import.meta.url),
);

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

async function flip(path: string, bit: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  await writeFile(path, bytes);
}

/** As many bits of a file of this size, spread over all of it. */
const someBits = (bytes: number, count: number) =>
  Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * bytes * 8) / count));

/** Names in an output folder, at any depth. */
const namesIn = async (out: string, pattern: RegExp) =>
  (await readdir(out, { recursive: true })).filter((name) => pattern.test(name));

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
  expect(warnings).toContainEqual(expect.stringMatching(/summary\.json: .*this run.*rebuilding the index/));
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

describe('a run record that is lost or damaged is rebuilt from what checkpoints and index say', () => {
  const lost: [string, (out: string) => Promise<void>][] = [
    ['gone', (out) => rm(join(out, 'run.json'))],
    ['empty', (out) => writeFile(join(out, 'run.json'), '')],
    [
      'gone with the claim',
      (out) => Promise.all(['run.json', '.holdfast'].map((each) => rm(join(out, each)))).then(),
    ],
    [
      'gone with the index',
      (out) =>
        Promise.all(['run.json', 'index'].map((each) => rm(join(out, each), { recursive: true }))).then(),
    ],
  ];
  test.each(lost)('%s, of a run that is not complete', async (_what, damage) => {
    const out = await unfinished();
    await damage(out);
    const warnings = await expectSame(out);
    expect(warnings).toContainEqual(
      expect.stringMatching(/run\.json .*; rebuilding it from the checkpoints/),
    );
    expect((await holdfast(line(out))).lines).toMatchObject([{ event: 'complete', already: true }]);
  });

  test.each(lost.slice(0, 3))('%s, of a run that is complete', async (_what, damage) => {
    const out = await copyOf(complete);
    const before = JSON.parse(await readFile(join(out, 'run.json'), 'utf8'));
    await damage(out);
    const { code, lines } = await holdfast(line(out));
    expect([code, lines.at(-1)]).toMatchObject([0, { already: true }]);
    const { index: _i, sha256: _s, ...kept } = before;
    expect(JSON.parse(await readFile(join(out, 'run.json'), 'utf8'))).toMatchObject(kept);
  });

  test('another input, or another model option, is refused as if the record were there', async () => {
    const out = await unfinished();
    await rm(join(out, 'run.json'));
    const other = join(await freshFolder(), 'other.fa');
    await writeFile(other, '>a\nACGTACGT\n');
    const ended = await holdfast(line(out, other));
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('content of input 1')]);
    const shards = await holdfast(line(out).map((each) => (each === '3' ? '4' : each)));
    expect([shards.code, shards.stderr]).toEqual([2, expect.stringContaining('--shards: 3 → 4')]);
    await expectSame(out);
  });

  test('nothing proves it: refused, and nothing is removed', async () => {
    const out = await unfinished();
    await rm(join(out, 'run.json'));
    await rm(join(out, 'index'), { recursive: true });
    const other = join(await freshFolder(), 'other.fa');
    await writeFile(other, '>a\nACGTACGT\n');
    const before = await namesIn(join(out, 'checkpoints'), /\.pt$/);
    const ended = await holdfast(line(out, other));
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringMatching(
        /checkpoints exists, but .*run\.json is missing, and it belongs to run [0-9a-f]{12}…/,
      ),
    ]);
    expect(await namesIn(join(out, 'checkpoints'), /\.pt$/)).toEqual(before);
    await expectSame(out);
  });
});

describe('a run.json of another run over intact work is refused with the way to keep the work', () => {
  /** A run of another input, and its line. */
  async function another(count = 300): Promise<{ theirs: string; few: string }> {
    const theirs = join(await freshFolder(), 'out');
    const few = await windows(count);
    expect(await holdfast(line(theirs, few))).toMatchObject({ code: 0 });
    return { theirs, few };
  }
  const checkpoints = (out: string) => namesIn(out, /^checkpoints\/.*\.(pt|done|corrupt)$/);
  const proven =
    /run\.json belongs to another run \([0-9a-f]{12}….*\), and \S+shard_0 holds rows of run [0-9a-f]{12}…\. .*remove this one and rerun (.*?), which rebuilds it\. Or use another --out, or --force-restart to discard them\n$/;

  test.each<[string, (out: string, theirs: string) => Promise<void>]>([
    ['alone', async () => undefined],
    [
      'with its index',
      async (out, theirs) => {
        await rm(join(out, 'index'), { recursive: true });
        await cp(join(theirs, 'index'), join(out, 'index'), { recursive: true });
      },
    ],
    ['without an index', (out) => rm(join(out, 'index'), { recursive: true })],
  ])('%s', async (_what, further) => {
    const { theirs } = await another();
    const out = await unfinished();
    await cp(join(theirs, 'run.json'), join(out, 'run.json'));
    await further(out, theirs);
    const before = await checkpoints(out);
    const ended = await holdfast(line(out));
    expect([ended.code, proven.exec(ended.stderr)?.[1]]).toEqual([2, 'the same command']);
    expect(await checkpoints(out)).toEqual(before);
    // The remedy works, and no row is computed twice.
    await rm(join(out, 'run.json'));
    const { code, lines } = await holdfast(line(out));
    expect(code).toBe(0);
    const left = lines.find(({ event }) => event === 'planned');
    expect(Number(left?.['sequences_done'])).toBeGreaterThan(2000);
    expect([await digestOf(out), await namesIn(out, /corrupt/)]).toEqual([whole, []]);
  });

  test('its own command, and a third one, do not set the work aside either', async () => {
    const { theirs, few } = await another();
    const out = await copyOf(complete);
    await cp(join(theirs, 'run.json'), join(out, 'run.json'));
    const before = await checkpoints(out);
    for (const input of [few, await windows(10)]) {
      const ended = await holdfast(line(out, input));
      expect([ended.code, proven.exec(ended.stderr)?.[1]]).toEqual([2, 'the command that made those rows']);
      expect([await checkpoints(out), await digestOf(out)]).toEqual([before, whole]);
    }
    await rm(join(out, 'run.json'));
    expect((await holdfast(line(out))).lines.at(-1)).toMatchObject({ event: 'complete', already: true });
  });
});

describe('a run with a sequence in quarantine', () => {
  let poisoned: string;
  let poisonedLine: (out: string) => string[];
  beforeAll(async () => {
    const proteins = join(await freshFolder(), 'proteins.fa');
    await writeFile(proteins, '>a\nMKTAYIAKQR\n>b\nMKTXYIAKQR\n>c\nMKTAYIAKQRGG\n');
    poisonedLine = (out) => [
      'embed',
      proteins,
      '--out',
      out,
      '--model',
      POISON,
      '--workers',
      '1',
      '--shards',
      '1',
    ];
    poisoned = join(await freshFolder(), 'out');
    expect(await holdfast(poisonedLine(poisoned))).toMatchObject({ code: 3 });
  });

  test('one flipped bit does not make a complete run of it', async () => {
    const out = await copyOf(poisoned);
    const path = join(out, 'result.json');
    const table = await readFile(join(out, 'quarantine.tsv'));
    const before = await digestOf(out);
    const at = (await readFile(path)).indexOf('"quarantined": 1') + '"quarantined": '.length;
    for (const bit of [8 * at, ...someBits((await readFile(path)).length, 4)]) {
      await flip(path, bit);
      expect(await holdfast(poisonedLine(out))).toMatchObject({ code: 3 });
      expect([await digestOf(out), await readFile(join(out, 'quarantine.tsv'))]).toEqual([before, table]);
    }
    await flip(join(out, 'quarantine.tsv'), 300);
    expect(await holdfast(poisonedLine(out))).toMatchObject({ code: 3 });
    expect(await readFile(join(out, 'quarantine.tsv'))).toEqual(table);
  });
});

describe('what a kill leaves', () => {
  /** The command, killed with its workers at a file operation. */
  async function cutAt(out: string, operation: 'open' | 'unlink', name: string): Promise<void> {
    const { signal } = await holdfast(line(out), '', {
      env: killedAt(operation, name),
    });
    expect(signal).toBe('SIGKILL');
  }

  test('between a marker and the end of its temporary name: no temporary file is left by the next run', async () => {
    const out = join(await freshFolder(), 'out');
    await cutAt(out, 'unlink', 'batch_00000\\.pt\\.done\\.[0-9a-f]+\\.tmp$');
    expect(await namesIn(out, /\.tmp$/)).toHaveLength(1);
    await expectSame(out);
    expect(await namesIn(out, /\.tmp$/)).toEqual([]);
  });

  test('between a checkpoint and its marker: it is unfinished, and not set aside as corrupt', async () => {
    const out = join(await freshFolder(), 'out');
    await cutAt(out, 'open', 'batch_00001\\.pt\\.done\\.[0-9a-f]+\\.tmp$');
    const warnings = await expectSame(out);
    expect(await namesIn(out, /corrupt/)).toEqual([]);
    expect(warnings.filter((each) => each.includes('corrupt'))).toEqual([]);
  });

  test('every temporary name that a durable write may leave is gone after the next success, and nobody else’s', async () => {
    const left = [
      ...['run.json', 'result.json', 'ids.txt', 'quarantine.tsv', '.holdfast', 'embeddings.safetensors'].map(
        (name) => `${name}.tmp`,
      ),
      'embeddings.npy.tmp',
      'embeddings.pt.tmp',
      'index.tmp/residues.bin',
      'index.tmp/summary.json.tmp',
      'index/summary.json.tmp',
      'checkpoints/manifest.json.tmp',
      'checkpoints/shard_0/batch_00000.pt.0123456789ab.tmp',
      'checkpoints/shard_0/batch_00000.pt.done.0123456789ab.tmp',
      'checkpoints/shard_0/batch_00000.pt.tmp',
      'checkpoints/shard_2/batch_00007.pt.done.0123456789ab.tmp',
    ];
    for (const out of [await unfinished(), await copyOf(complete)]) {
      for (const name of [...left, 'mine.tmp']) {
        await mkdir(dirname(join(out, name)), { recursive: true });
        await writeFile(join(out, name), 'left');
      }
      await expectSame(out);
      expect(await namesIn(out, /\.tmp/)).toEqual(['mine.tmp']);
    }
  });
});

describe('what was set aside as corrupt', () => {
  test('its size is told, and it goes with the success that shows it superfluous', async () => {
    const out = await unfinished();
    const path = join(out, 'checkpoints/shard_0/batch_00000.pt');
    const bytes = (await readFile(path)).length;
    await flip(path, 8 * (bytes >> 1));
    const warnings = await expectSame(out);
    expect(warnings).toContainEqual(expect.stringMatching(/removed .*corrupt.*MB/));
    expect(await namesIn(out, /corrupt/)).toEqual([]);
  });

  test('a checkpoint of another run, and one that cannot be read, stay, and are told of', async () => {
    const out = await unfinished();
    await rm(join(out, 'checkpoints/shard_1'), { recursive: true });
    const theirs = join(await freshFolder(), 'out');
    const few = await windows(300);
    expect(await holdfast(line(theirs, few))).toMatchObject({ code: 0 });
    await cp(join(theirs, 'checkpoints/shard_0'), join(out, 'checkpoints/shard_1'), { recursive: true });
    await writeFile(join(out, 'checkpoints/shard_0/batch_00000.pt'), 'nothing of ours');
    const warnings = await expectSame(out);
    const left = await namesIn(out, /\.pt\.corrupt$/);
    expect(left.sort()).toEqual([
      'checkpoints/shard_0/batch_00000.pt.corrupt',
      'checkpoints/shard_1/batch_00000.pt.corrupt',
    ]);
    // With their markers.
    expect(warnings).toContainEqual(expect.stringMatching(/kept 4 file.*corrupt/));
    // Told once, with the success that does not need them.
    const again = await holdfast(line(out));
    expect([again.code, again.lines.map(({ event }) => event)]).toEqual([0, ['complete']]);
    expect((await namesIn(out, /\.pt\.corrupt$/)).sort()).toEqual(left);
  });
});
