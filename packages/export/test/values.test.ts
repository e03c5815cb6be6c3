import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Of, LazyTensor, openPt } from '@holdfast/pt-serializer';
import { type Dataset, File, ready } from 'h5wasm/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exportResult } from '../src/export-result.js';
import { halfBits, rowsOf, valuesOf, writeResult } from './write-result.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  await ready;
  folder = mkdtempSync(join(tmpdir(), 'values-'));
  mkdirSync(at('out'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const COUNT = 600;
const IDS = Array.from({ length: COUNT }, (_, row) => `seq/${(row * 7919) % COUNT}`);
const TOKENS = IDS.map((_, row) => row % 7);

const written = () =>
  writeResult(at('out'), {
    ids: IDS,
    rows: rowsOf(COUNT, 2),
    values: {
      'per_token.layer_3': { dim: 4, tokens: TOKENS },
      logits: { dim: 5, tokens: TOKENS },
      contacts: { dim: null, tokens: TOKENS },
    },
  });

it.each([
  ['per_token.layer_3', 4],
  ['contacts', null],
])('h5 of %s: a dataset for each ID, which the format’s own library reads', async (from, dim) => {
  await written();
  const options = { folder: at('out'), to: 'h5' as const, from };
  const { path, written: first } = await exportResult(options);
  expect([path, first]).toEqual([at(`out.${from}.h5`), 1]);
  const file = new File(path, 'r');
  for (const row of [0, 1, 6, 255, 256, 599]) {
    const tokens = TOKENS[row]!;
    const shape = [tokens, dim ?? tokens];
    const dataset = file.get(IDS[row]!.replace('/', '%2F')) as Dataset;
    expect([dataset.shape, dataset.attrs['original_id']?.value]).toEqual([shape, IDS[row]]);
    const numbers = tokens === 0 ? [] : [...(dataset.value as Float32Array)];
    expect(numbers).toEqual([...valuesOf(row, tokens * (dim ?? tokens))]);
  }
  file.close();
  expect(await exportResult(options)).toMatchObject({ written: 0, kept: 1 });
});

it.each(['per_token.layer_3', 'contacts'])(
  'esm of %s: a file for each sequence, as extract.py has it',
  async (from) => {
    await written();
    const { path } = await exportResult({ folder: at('out'), to: 'esm', from });
    expect(readdirSync(path).filter((name) => name.endsWith('.pt'))).toHaveLength(COUNT);
    const row = 13;
    await using file = await openPt(join(path, `${IDS[row]!.replace('/', '%2F')}.pt`));
    const value = file.value as Map<string, unknown>;
    expect(value.get('label')).toBe(IDS[row]);
    const perToken = from !== 'contacts';
    const tensor = perToken
      ? (value.get('representations') as Map<number, LazyTensor>).get(3)
      : (value.get('contacts') as LazyTensor);
    expect(tensor).toBeInstanceOf(LazyTensor);
    const tokens = TOKENS[row]!;
    expect(tensor!.shape).toEqual([tokens, perToken ? 4 : tokens]);
    expect([...(await tensor!.readFloat32())]).toEqual([...valuesOf(row, tokens * (perToken ? 4 : tokens))]);
  },
);

it('esm of several outputs: a file for each sequence with all of them, in extract.py’s order', async () => {
  await written();
  const from = 'contacts,per_token.layer_3,embeddings';
  const options = { folder: at('out'), to: 'esm' as const, from, esmLayer: 6 };
  const { path, written: count } = await exportResult(options);
  expect([path, count]).toEqual([at('out.several.esm'), COUNT]);
  const rows = rowsOf(COUNT, 2);
  for (const row of [0, 5, 599]) {
    await using file = await openPt(join(path, `${IDS[row]!.replace('/', '%2F')}.pt`));
    const value = file.value as Map<string, Map<number, LazyTensor>>;
    expect([...value.keys()]).toEqual(['label', 'representations', 'mean_representations', 'contacts']);
    const mean = value.get('mean_representations')!;
    expect([...mean.keys()]).toEqual([6]);
    expect([...(await mean.get(6)!.readFloat32())]).toEqual([...rows.subarray(row * 2, row * 2 + 2)]);
    const tokens = value.get('representations')!;
    expect([...tokens.keys()]).toEqual([3]);
    expect(tokens.get(3)!.shape).toEqual([TOKENS[row], 4]);
    expect([...(await tokens.get(3)!.readFloat32())]).toEqual([...valuesOf(row, TOKENS[row]! * 4)]);
    const contacts = value.get('contacts') as unknown as LazyTensor;
    expect([...(await contacts.readFloat32())]).toEqual([...valuesOf(row, TOKENS[row]! ** 2)]);
  }
  // The order in which they are named does not matter.
  const again = { ...options, from: 'embeddings,contacts,per_token.layer_3' };
  expect(await exportResult(again)).toMatchObject({ written: 0, kept: COUNT });
  const fewer = { ...options, from: 'embeddings,contacts', output: path };
  await expect(exportResult(fewer)).rejects.toThrow('holds another export');
});

it('esm of all outputs names those that have no place, and takes all where each has', async () => {
  await written();
  const options = { folder: at('out'), to: 'esm' as const, from: 'all', esmLayer: 6 };
  await expect(exportResult(options)).rejects.toThrow(
    'has no place for logits; name the others: --from embeddings,per_token.layer_3,contacts',
  );
  const values = { 'per_token.layer_3': { dim: 4, tokens: TOKENS } };
  await writeResult(at('out'), { ids: IDS, rows: rowsOf(COUNT, 2), values });
  const all = await exportResult(options);
  expect(all.path).toBe(at('out.all.esm'));
  const named = { ...options, from: 'embeddings,per_token.layer_3', output: all.path };
  expect(await exportResult(named)).toMatchObject({ kept: COUNT });
  for (const [from, why] of [
    ['embeddings,embeddings', '--from embeddings,embeddings names embeddings twice'],
    ['embeddings,nope', "the result has no 'nope'"],
  ] as const)
    await expect(exportResult({ ...options, from })).rejects.toThrow(why);
  for (const from of ['all', 'embeddings,per_token.layer_3'])
    await expect(exportResult({ folder: at('out'), to: 'h5', from })).rejects.toThrow(
      'only --to esm writes them',
    );
});

it('h5 keeps float16, and esm has float32', async () => {
  const values = { 'per_token.layer_3': { dim: 4, tokens: TOKENS } };
  await writeResult(at('out'), {
    ids: IDS,
    rows: halfBits(rowsOf(COUNT, 2), 'float16'),
    dtype: 'float16',
    values,
  });
  const h5 = (dtype?: 'float32') =>
    exportResult({
      folder: at('out'),
      to: 'h5',
      from: 'per_token.layer_3',
      force: true,
      ...(dtype && { dtype }),
    });
  const widths = async (dtype?: 'float32') => {
    const file = new File((await h5(dtype)).path, 'r');
    const { metadata } = file.get(IDS[6]!.replace('/', '%2F')) as Dataset;
    file.close();
    return [metadata.size, metadata.type];
  };
  const [wide, type] = await widths('float32');
  expect([wide, await widths()]).toEqual([4, [2, type]]);
  const { path } = await exportResult({ folder: at('out'), to: 'esm', from: 'per_token.layer_3' });
  await using file = await openPt(join(path, `${IDS[6]!.replace('/', '%2F')}.pt`));
  const tensor = (file.value as Map<string, Map<number, LazyTensor>>).get('representations')!.get(3)!;
  const due = float32Of('float16', new Uint8Array(halfBits(valuesOf(6, 24), 'float16').buffer));
  expect([tensor.dtype, [...(await tensor.readFloat32())]]).toEqual(['float32', [...due]]);
});

it('refuses what a format has no place for, by name', async () => {
  await written();
  const of = (to: 'parquet' | 'esm', from: string) => exportResult({ folder: at('out'), to, from });
  await expect(of('parquet', 'contacts')).rejects.toThrow(
    /contacts has another size for each sequence, which --to parquet has no place for; choose h5 or esm/,
  );
  await expect(of('esm', 'logits')).rejects.toThrow(/extract.py has no place for logits; --to h5 has/);
  await expect(of('esm', 'per_token.layer_4')).rejects.toThrow(/has no 'per_token.layer_4'/);
});
