import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, globinsSixTimes, holdfast, rowsOf } from './command.js';
import { numbersIn } from './numbers.js';

/** What the versions gave that began these runs: embeddings without the settings that rows are computed with, and IDs. */
const THEN = '2fc34583c041e2a89a92d87416732254a1a29c6f27b0690fb4f9c7f8a10e48e2';

/** The result has the bytes that the version would have given which began the run, and the rows of a run of today. */
async function expectAsThen(out: string, fresh: string): Promise<void> {
  expect(await digestOf(out)).toBe(THEN);
  expect(await rowsOf(out)).toEqual(await rowsOf(fresh));
  const files = async (of: string) =>
    JSON.parse(await readFile(join(of, 'result.json'), 'utf8')).files.map(
      ({ file }: { file: string }) => file,
    );
  // Their plans have no descriptions.
  expect(await files(out)).toEqual(['embeddings.safetensors', 'ids.txt']);
  expect(await files(fresh)).toEqual(['embeddings.safetensors', 'ids.txt', 'sequences.tsv']);
}

test('a run that the version with one folder of sources began, and a kill cut within a checkpoint, ends with the same bytes', async () => {
  const folder = await freshFolder();
  const input = await globinsSixTimes(folder);
  const [out, fresh] = [join(folder, 'out'), join(folder, 'fresh')];
  await cp(fixture('run_before_rooms'), out, { recursive: true });
  const lineOf = (place: string) => [
    ...['embed', input, '--out', place, '--model', 'aac', '--workers', '1', '--threads', '1'],
    ...['--shards', '3', '--seq-threshold', '20', '--batch-tokens', '300'],
  ];
  const { code, lines } = await holdfast(lineOf(out));
  expect(code).toBe(0);
  expect(lines.find(({ event }) => event === 'planned')).toMatchObject({ resumed: true, sequences_done: 60 });
  expect(lines.find(({ event }) => event === 'resumed')).toMatchObject({ shard: 0, sequences: 60 });
  // That version computed identical sequences one by one.
  expect(await holdfast([...lineOf(fresh), '--no-dedupe'])).toMatchObject({ code: 0 });
  await expectAsThen(out, fresh);
  for (const file of ['ids.txt', 'index/batches.bin', 'index/order.bin', 'index/residues.bin'])
    expect(await readFile(join(out, file))).toEqual(await readFile(join(fresh, file)));
});

test('a run that the first version with copies began, and a kill ended, ends with the same bytes', async () => {
  const folder = await freshFolder();
  const input = await globinsSixTimes(folder);
  const [out, fresh] = [join(folder, 'out'), join(folder, 'fresh')];
  await cp(fixture('run_with_copies'), out, { recursive: true });
  const lineOf = (place: string) => [
    ...['embed', input, '--out', place, '--model', 'aac', '--workers', '1', '--threads', '1'],
    ...['--shards', '3', '--seq-threshold', '6', '--batch-tokens', '300'],
  ];
  const { code, lines } = await holdfast(lineOf(out));
  expect(code).toBe(0);
  expect(lines.find(({ event }) => event === 'planned')).toMatchObject({ resumed: true, copies: 225 });
  expect(lines.filter(({ event }) => event === 'resumed')[0]).toMatchObject({ shard: 0, sequences: 14 });
  expect(await holdfast(lineOf(fresh))).toMatchObject({ code: 0 });
  await expectAsThen(out, fresh);
  for (const file of ['originals.bin', 'starts.bin', 'order.bin', 'residues.bin'])
    expect(await readFile(join(out, 'index', file))).toEqual(await readFile(join(fresh, 'index', file)));
});

test('a run that the first version with several outputs began, and a kill ended, ends with the numbers of a run of today', async () => {
  const folder = await freshFolder();
  const [out, fresh] = [join(folder, 'out'), join(folder, 'fresh')];
  await cp(fixture('run_with_outputs'), out, { recursive: true });
  // The table of sequences has its name as it was given.
  await cp(fixture('peptides.fa'), join(folder, 'peptides.fa'));
  const here = { cwd: folder };
  const model = fixture('../../../../packages/model-zoo/test/fixtures/esm2_t2_tiny/esm2_t2_tiny.pt');
  const lineOf = (place: string) => [
    ...['embed', 'peptides.fa', '--out', place, '--model', model, '--workers', '1', '--threads', '1'],
    ...['--shards', '3', '--seq-threshold', '2', '--batch-tokens', '30'],
    ...['--layer', '-1,0', '--include', 'mean,cls,per_token,contacts', '--dtype', 'float16'],
  ];
  const saved = join('checkpoints', 'shard_0', 'batch_00001.pt');
  const before = await readFile(join(out, saved));
  const { code, lines } = await holdfast(lineOf(out), '', here);
  expect(code).toBe(0);
  expect(lines.find(({ event }) => event === 'planned')).toMatchObject({ resumed: true });
  expect(await readFile(join(out, saved))).toEqual(before);
  expect(await holdfast(lineOf(fresh), '', here)).toMatchObject({ code: 0 });
  const names = JSON.parse(await readFile(join(fresh, 'result.json'), 'utf8')).files.map(
    ({ file }: { file: string }) => file,
  );
  expect(names).toHaveLength(9);
  for (const name of names) {
    if (!name.endsWith('.safetensors')) {
      expect(await readFile(join(out, name))).toEqual(await readFile(join(fresh, name)));
      continue;
    }
    const [then, now] = [
      await numbersIn(join(out, name), 'safetensors'),
      await numbersIn(join(fresh, name), 'safetensors'),
    ];
    expect(Object.keys(then)).toEqual(Object.keys(now));
    for (const [tensor, numbers] of Object.entries(now)) {
      expect(then[tensor]).toHaveLength(numbers.length);
      // Another processor may round the last digit of float16 in another way.
      for (const [at, number] of numbers.entries())
        expect(Math.abs(then[tensor]![at]! - number)).toBeLessThanOrEqual(
          0.002 * Math.max(1, Math.abs(number)),
        );
    }
  }
});
