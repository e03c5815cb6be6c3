import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, globinsSixTimes, holdfast } from './command.js';

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
  expect(await digestOf(out)).toBe(await digestOf(fresh));
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
  expect(await digestOf(out)).toBe(await digestOf(fresh));
  for (const file of ['originals.bin', 'starts.bin', 'order.bin', 'residues.bin'])
    expect(await readFile(join(out, 'index', file))).toEqual(await readFile(join(fresh, 'index', file)));
});
