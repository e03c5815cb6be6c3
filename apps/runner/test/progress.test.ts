import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fixture, freshFolder, holdfast } from './command.js';

const MODEL = fileURLToPath(
  new URL('../../../packages/gpu-runtime/test/fixtures/tiny_esm2', import.meta.url),
);

test('after a resume what is saved counts at once, in shards that no worker has yet too', async () => {
  const out = join(await freshFolder(), 'out');
  const line = ['embed', fixture('globins45.faa'), '--out', out, '--model', MODEL, '--workers', '1'];
  line.push('--shards', '3', '--batch-tokens', '200', '--seq-threshold', '4');
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  // As after a kill: two shards lack their end, the third all, and no shard is complete.
  await rm(join(out, 'result.json'));
  const saved = [0, 1].map((shard) => join(out, 'checkpoints', `shard_${shard}`));
  for (const shard of saved) {
    const files = (await readdir(shard)).filter((name) => name.endsWith('.pt')).sort();
    for (const suffix of ['.done', '']) await rm(join(shard, `${files.at(-1)}${suffix}`));
  }
  await rm(join(out, 'checkpoints', 'shard_2'), { recursive: true });
  await writeFile(join(out, 'checkpoints', 'manifest.json'), '{');

  const { code, lines } = await holdfast(line);
  expect(code).toBe(0);
  const resumed = lines.filter(({ event }) => event === 'resumed').map(({ sequences }) => Number(sequences));
  expect(resumed).toEqual([expect.any(Number), expect.any(Number), 0]);
  const done = resumed[0]! + resumed[1]!;
  expect(Math.min(...resumed.slice(0, 2))).toBeGreaterThan(0);
  expect(lines.find(({ event }) => event === 'planned')).toMatchObject({
    resumed: true,
    sequences: 45,
    sequences_done: done,
  });
  const [begun, ...told] = lines.filter(({ event }) => event === 'progress');
  expect(begun).toMatchObject({
    sequences_done: done,
    sequences_total: 45,
    tokens_per_second: null,
    seconds_left: null,
  });
  for (const each of told) expect(Number(each['sequences_done'])).toBeGreaterThanOrEqual(done);
  expect(told.at(-1)).toMatchObject({ sequences_done: 45, seconds_left: 0 });
});

test('what a plan leaves out is warned of when it is made, and once', async () => {
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  // Of the second nothing can be translated, and the first frames of the third are too long for the model.
  await writeFile(
    input,
    `>a\n${'ATGGCC'.repeat(9)}\n>b\n${'TAGCTAACTA'.repeat(9)}\n>c\n${'GCC'.repeat(1100)}\n`,
  );
  const out = join(folder, 'out');
  const line = ['embed', input, '--translate=open', '--out', out, '--model', MODEL, '--workers', '1'];
  const { code, lines } = await holdfast(line);
  expect(code).toBe(0);
  const warnings = lines.filter(({ event }) => event === 'warning').map(({ message }) => String(message));
  expect(warnings).toEqual([
    expect.stringMatching(/^1 of 3 records/),
    expect.stringMatching(/^6 sequences are longer than the 1,022 residues/),
  ]);
  const order = lines.map(({ event }) => event).filter((event) => /^(warning|planned|spawned)$/.test(event));
  expect(order).toEqual(['warning', 'warning', 'planned', 'spawned']);
  const result = JSON.parse(await readFile(join(out, 'result.json'), 'utf8'));
  expect(result.warnings).toEqual(warnings);
  // Whoever asks again is told again.
  const again = await holdfast(line);
  expect(again.lines.filter(({ event }) => event === 'warning').map(({ message }) => message)).toEqual(
    warnings,
  );
});
