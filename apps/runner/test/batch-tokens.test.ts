import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, globinsSixTimes, holdfast, rowsOf } from './command.js';

const MODEL = fileURLToPath(
  new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url),
);

const lineOf = (input: string, out: string, ...more: string[]) => [
  `embed`,
  input,
  '--out',
  out,
  '--model',
  MODEL,
  '--workers',
  '1',
  '--threads',
  '1',
  ...more,
];
const json = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

test('on a CPU a batch has 512 tokens, another number is obeyed, and the rows are the same bytes', async () => {
  const folder = await freshFolder();
  const input = await globinsSixTimes(folder);
  const digests = new Set<string>();
  for (const [more, tokens] of [
    [[], 512],
    [['--batch-tokens', '16384'], 16_384],
    [['--batch-tokens', '100'], 100],
  ] as const) {
    const out = join(folder, `${tokens}`);
    const { code, lines } = await holdfast(lineOf(input, out, '--no-dedupe', ...more));
    expect(code).toBe(0);
    expect(await json(join(out, 'run.json'))).toMatchObject({ batch_tokens: tokens });
    expect(lines.find(({ event }) => event === 'planned')!['batches']).toBe(
      { 512: 90, 16384: 3, 100: 270 }[tokens],
    );
    digests.add(await digestOf(out));
  }
  expect(digests.size).toBe(1);
});

test('a run that an earlier version began with 16,384 tokens goes on with them', async () => {
  const folder = await freshFolder();
  const input = await globinsSixTimes(folder);
  const [out, fresh] = [join(folder, 'out'), join(folder, 'fresh')];
  const before = fixture('run_16384');
  await cp(before, out, { recursive: true });
  const { code, lines } = await holdfast(lineOf(input, out));
  expect(code).toBe(0);
  expect(lines.find(({ event }) => event === 'planned')).toMatchObject({
    resumed: true,
    batches: 3,
    sequences_done: 105,
  });
  // Nothing of what it had was computed again, moved aside or planned anew.
  expect(lines.filter(({ event }) => event === 'resumed').map(({ shard }) => shard)).toEqual([1, 2]);
  for (const file of ['index/batches.bin', 'index/order.bin', 'checkpoints/shard_0/batch_00000.pt'])
    expect(await readFile(join(out, file))).toEqual(await readFile(join(before, file)));
  expect(await json(join(out, 'run.json'))).toMatchObject({ batch_tokens: 16_384 });

  expect(await holdfast(lineOf(input, fresh, '--batch-tokens', '16384'))).toMatchObject({ code: 0 });
  const [ours, theirs] = [await rowsOf(out), await rowsOf(fresh)];
  expect(ours.map(([id]) => id)).toEqual(theirs.map(([id]) => id));
  // The saved rows are another machine's, which may round otherwise.
  for (const [i, [, row]] of ours.entries())
    for (const [column, value] of row.entries()) expect(value).toBeCloseTo(theirs[i]![1][column]!, 5);
  expect(await json(join(fresh, 'result.json'))).toMatchObject({ sequences: 270, quarantined: 0 });
});
