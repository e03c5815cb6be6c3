import { mkdtempSync } from 'node:fs';
import { copyFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KeptRecords } from '@holdfast/options';
import { beforeEach, expect, test, vi } from 'vitest';
import { openModel } from '../open-model.js';
import { openSafetensors } from '../weights/safetensors.js';
import { WeightsError } from '../weights/weights-error.js';
import { makeConvertedFile } from './converted-file.js';
import { int8Graph } from './int8-graph.js';
import { createTemporary } from './temporary-file.js';

const fixture = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url));
const NAME = 'int8-c0ffee.safetensors';

let folder: string;
let path: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'converted-')), 'cache');
  path = join(folder, NAME);
});

async function make(model = fixture('esm2_tiny_hf')): Promise<Buffer> {
  const { encoder } = await openModel(model);
  await int8Graph(encoder, 'last_hidden_state', { folder, made: 'c0ffee' });
  return readFile(path);
}

test('it is a safetensors file with the other tensors as they were, and it is made once', async () => {
  await make();
  const { ino } = await stat(path);
  const { tensors, others, metadata } = openSafetensors(path);
  expect(metadata['made']).toMatch(/^int8 1: .*; c0ffee$/);
  const weight = 'esm.encoder.layer.0.intermediate.dense.weight';
  expect(others.get(weight)).toBe('I8');
  const original = openSafetensors(join(fixture('esm2_tiny_hf'), 'model.safetensors'));
  expect(tensors.get(`${weight}.scales`)!.shape).toEqual([original.tensors.get(weight)!.shape[0]]);
  const bias = 'esm.encoder.layer.0.intermediate.dense.bias';
  const bytes = async ({ file, offset, length }: NonNullable<ReturnType<typeof tensors.get>>) =>
    (await readFile(file)).subarray(offset, offset + length);
  expect(await bytes(tensors.get(bias)!)).toEqual(await bytes(original.tensors.get(bias)!));
  await make();
  expect((await stat(path)).ino).toBe(ino);
});

test.each<[string, (bytes: Buffer) => Promise<void>]>([
  ['cut off', () => truncate(path, 1000)],
  ['empty', () => truncate(path, 0)],
  ['longer', (bytes) => writeFile(path, Buffer.concat([bytes, Buffer.alloc(1)]))],
  ['with another bit in its data', (bytes) => writeFile(path, flipped(bytes, bytes.length - 1))],
  ['with another bit in its head', (bytes) => writeFile(path, flipped(bytes, 40))],
])('a file that is %s is made again', async (_, damage) => {
  const bytes = await make();
  await damage(Buffer.from(bytes));
  expect(await make()).toEqual(bytes);
});

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}

test('several at once make one file', async () => {
  const all = await Promise.all([make(), make(), make()]);
  expect(all[1]).toEqual(all[0]);
  expect(all[2]).toEqual(all[0]);
  expect(await readdir(folder)).toEqual([NAME]);
});

test('what a killed process left is removed at the next opening; what somebody writes stays', async () => {
  const bytes = await make();
  const left = `${NAME}.0123456789abcdef.tmp`;
  for (const name of [left, 'mine.tmp']) await writeFile(join(folder, name), bytes.subarray(0, 100));
  const { temporary, file } = await createTemporary(path);
  await make();
  expect((await readdir(folder)).sort()).toEqual([NAME, basename(temporary), 'mine.tmp'].sort());
  await file.close();
  await truncate(path, 0);
  await make();
  expect((await readdir(folder)).sort()).toEqual([NAME, 'mine.tmp'].sort());
});

test('a file that nothing has changed since it was checked is not read again; a change is noticed', async () => {
  const bytes = await make();
  const { encoder } = await openModel(fixture('esm2_tiny_hf'));
  const layout = encoder.int8Layout('int8 1: linear layers, symmetric per output, transposed; c0ffee');
  const records = new KeptRecords('int8-files', join(folder, '..', 'records'));
  const keep = vi.spyOn(records, 'keep');
  const open = (at: number) => makeConvertedFile(path, layout, { records, now: () => at });
  await open(Date.now());
  // It was written just now, so another change might not show.
  expect(keep).not.toHaveBeenCalled();
  const later = Date.now() + 60_000;
  await open(later);
  await open(later);
  expect(keep).toHaveBeenCalledTimes(1);
  await writeFile(path, flipped(Buffer.from(bytes), bytes.length - 1));
  await open(later);
  expect(await readFile(path)).toEqual(bytes);
});

test('a folder that cannot be made is named, with the variable', async () => {
  await writeFile(folder, 'a file');
  await expect(make()).rejects.toMatchObject({
    name: 'CacheError',
    passing: false,
    message: expect.stringMatching(/cache: this folder of Holdfast's cache cannot take .*HOLDFAST_CACHE/),
  });
});

test('a weight that is not finite is refused by name, and nothing is left', async () => {
  const model = mkdtempSync(join(tmpdir(), 'weights-'));
  for (const name of ['config.json', 'vocab.txt', 'model.safetensors'])
    await copyFile(join(fixture('esm2_tiny_hf'), name), join(model, name));
  const weights = join(model, 'model.safetensors');
  const bytes = await readFile(weights);
  const { offset } = openSafetensors(weights).tensors.get('esm.encoder.layer.1.output.dense.weight')!;
  bytes.writeFloatLE(Number.NaN, offset);
  await writeFile(weights, bytes);
  const refused = await make(model).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(WeightsError);
  expect((refused as Error).message).toMatch(
    /model\.safetensors: cannot be rounded to int8 \(NaN in row 0 of 'esm\.encoder\.layer\.1\.output\.dense\.weight'\)/,
  );
  expect(await readdir(folder)).toEqual([]);
});
