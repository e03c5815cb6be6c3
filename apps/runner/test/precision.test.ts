import { cp, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, killedAfter, rowsOf, start } from './command.js';

const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const PROTEINS = at('gpu-runtime/test/fixtures/globins45.faa');
const MODEL = at('model-zoo/test/fixtures/esm2_tiny_hf');

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
  process.env['HOLDFAST_CACHE'] = join(folder, 'cache');
});

const line = (out: string, ...more: string[]) => [
  'embed',
  PROTEINS,
  '--out',
  join(folder, out),
  '--model',
  MODEL,
  '--precision',
  'int8',
  ...more,
];
/** The same in another precision. */
const inPrecision = (precision: string, words: readonly string[]) =>
  words.map((word) => (word === 'int8' ? precision : word));

const namesOf = ({ lines }: { lines: { event: string }[] }) => lines.map(({ event }) => event);

test.each([
  ['int8', 0.999],
  ['fp16', 0.99999],
])(
  '%s: killed while it compares and while it embeds, it gives the bytes of an undisturbed run, and compares once',
  async (precision, least) => {
    const whole = await holdfast(inPrecision(precision, line('whole', '--workers', '1')));
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    const told = whole.lines.find(({ event }) => event === 'precision_compared')!;
    expect(told).toMatchObject({ precision, sequences: 45 });
    expect(told['cosine_worst']).toBeGreaterThan(least);
    expect(told['cosine_median']).toBeGreaterThanOrEqual(told['cosine_worst'] as number);
    const result = JSON.parse(await readFile(join(folder, 'whole', 'result.json'), 'utf8'));
    expect(result.precision).toEqual({
      name: precision,
      sequences: 45,
      cosine_median: told['cosine_median'],
      cosine_worst: told['cosine_worst'],
    });
    const often = inPrecision(
      precision,
      line('out', '--workers', '2', '--seq-threshold', '3', '--threads', '1'),
    );
    for (const event of ['comparing_precision', 'precision_compared', 'checkpoint', 'shard_complete']) {
      await killedAfter(event, often);
    }
    const last = await holdfast(often);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(namesOf(last)).not.toContain('comparing_precision');
    expect(await digestOf(join(folder, 'out'))).toBe(await digestOf(join(folder, 'whole')));
    expect(await readdir(join(folder, 'out'))).not.toContain('precision.tmp');
    expect(JSON.parse(await readFile(join(folder, 'out', 'result.json'), 'utf8')).precision).toEqual(
      result.precision,
    );
  },
);

test.each(['int8', 'fp16'])(
  '%s: nothing that was measured of weights that changed meanwhile is kept, nor judged',
  async (precision) => {
    const model = join(folder, 'model');
    await cp(MODEL, model, { recursive: true });
    const weights = join(model, 'model.safetensors');
    const good = await readFile(weights);
    const embed = (out: string, ...more: string[]) =>
      inPrecision(precision, line(out, ...more)).map((word) => (word === MODEL ? model : word));
    expect(await holdfast(embed('whole'))).toMatchObject({ code: 0, stderr: '' });
    const running = start(embed('out', '--min-cosine', '1'));
    await running.until('comparing_precision');
    // In place, and nothing cut off: a process that maps the file would die.
    const file = await open(weights, 'r+');
    const half = good.length / 2;
    await file.write(Buffer.alloc(half, 60), 0, half, good.length - half);
    await file.close();
    const ended = await running.ended;
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /model\.safetensors: the model has changed since the run was planned; .*Restore the original model/,
      ),
    });
    expect(namesOf(ended)).not.toContain('precision_compared');
    expect(await readdir(join(folder, 'out'))).not.toContain('precision.json');
    await writeFile(weights, good);
    expect(await holdfast(embed('out'))).toMatchObject({ code: 0, stderr: '' });
    expect(await digestOf(join(folder, 'out'))).toBe(await digestOf(join(folder, 'whole')));
    const kept = (out: string) => readFile(join(folder, out, 'result.json'), 'utf8').then(JSON.parse);
    expect((await kept('out')).precision).toEqual((await kept('whole')).precision);
  },
);

test('more than --min-cosine allows is refused before anything is embedded; a lower one goes on', async () => {
  const refused = await holdfast(line('out', '--min-cosine', '0.9999999'));
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /int8 costs too much: of 45 sequences, .* 0\.9999\d+ in the median and 0\.999\d+ at worst, less than --min-cosine 0\.9999999; nothing was embedded.*--precision fp32 --force-restart.*lower --min-cosine/,
    ),
  });
  expect(namesOf(refused)).not.toContain('planned');
  const again = await holdfast(line('out', '--min-cosine', '0.9999999'));
  expect(again).toMatchObject({ code: 2, stderr: refused.stderr });
  expect(namesOf(again)).not.toContain('comparing_precision');
  // Whoever goes back to fp32 is told what to do, and it helps.
  const full = line('out').slice(0, -2);
  expect(await holdfast(full)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--precision: int8 → fp32.*--force-restart to start over/),
  });
  const other = [...full, '--force-restart'];
  other[3] = join(folder, 'other');
  expect(await holdfast(line('other', '--min-cosine', '1'))).toMatchObject({ code: 2 });
  expect(await holdfast(other)).toMatchObject({ code: 0, stderr: '' });
  const lower = await holdfast(line('out', '--min-cosine', '0.9'));
  expect(lower).toMatchObject({ code: 0, stderr: '' });
  expect(namesOf(lower)).not.toContain('comparing_precision');
});

test('the precision is part of the run, and its rows are not those of fp32', async () => {
  expect(await holdfast(line('out'))).toMatchObject({ code: 0 });
  const full = line('out').slice(0, -2);
  expect(await holdfast(full)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--precision: int8 → fp32/),
  });
  full[3] = join(folder, 'full');
  expect(await holdfast(full)).toMatchObject({ code: 0 });
  const [rows, others] = [await rowsOf(join(folder, 'full')), await rowsOf(join(folder, 'out'))];
  expect(others).toHaveLength(rows.length);
  expect(others).not.toEqual(rows);
  expect(JSON.parse(await readFile(join(folder, 'full', 'result.json'), 'utf8')).precision).toBeUndefined();
});

test('fp16 on a CPU says that it is of no use there, and another precision is another run', async () => {
  const half = await holdfast(inPrecision('fp16', line('out')));
  expect(half).toMatchObject({ code: 0, stderr: '' });
  expect(half.lines.filter(({ event }) => event === 'warning').map(({ message }) => message)).toContainEqual(
    expect.stringMatching(/fp16 is meant for a GPU.*more memory than --precision fp32/),
  );
  expect(await holdfast(line('out'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--precision: fp16 → int8/),
  });
  expect(await readdir(join(folder, 'cache'))).not.toContain('fp16');
});

test('two commands at once share one converted file, and one that is damaged between two starts is made again', async () => {
  const [one, other] = await Promise.all([holdfast(line('one')), holdfast(line('other'))]);
  expect([one.code, other.code]).toEqual([0, 0]);
  expect(await digestOf(join(folder, 'other'))).toBe(await digestOf(join(folder, 'one')));
  const cache = join(folder, 'cache', 'int8');
  const [name, ...more] = await readdir(cache);
  expect(more).toEqual([]);
  const bytes = await readFile(join(cache, name!));
  await killedAfter('checkpoint', line('third', '--workers', '1', '--seq-threshold', '3'));
  const damaged = Buffer.from(bytes);
  damaged[damaged.length - 9]! ^= 64;
  await writeFile(join(cache, name!), damaged);
  expect(await holdfast(line('third'))).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(join(cache, name!))).toEqual(bytes);
  expect(await digestOf(join(folder, 'third'))).toBe(await digestOf(join(folder, 'one')));
});

test.each([
  ['a built-in model', ['--model', 'aac', '--precision', 'int8'], /aac: computes as its graph says/],
  ['a built-in model in fp16', ['--model', 'tnf', '--precision', 'fp16'], /tnf: computes as its graph says/],
  ['--min-cosine in fp32', ['--model', MODEL, '--min-cosine', '0.9'], /--min-cosine needs a lower precision/],
])('%s is refused, and nothing is left', async (_, more, says) => {
  const out = join(folder, 'out');
  expect(await holdfast(['embed', PROTEINS, '--out', out, ...more])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(says),
  });
  await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
});
