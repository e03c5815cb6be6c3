import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LazyTensor, openPt, type PtFile } from '@holdfast/pt-serializer';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rowsOf, writeResult } from '../test/write-result.js';
import { exportResult } from './export-result.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'virnucpro-'));
  for (const name of ['dna', 'aa', 'tnf']) mkdirSync(at(name));
  await writeResult(at('dna'), { ids: IDS, rows: DNA, facts: { model: 'zhihan1996/DNABERT-S' } });
  // The other order.
  await writeResult(at('aa'), {
    ids: IDS.toReversed(),
    rows: AA,
    facts: { model: 'facebook/esm2_t36_3B_UR50D' },
  });
  await writeResult(at('tnf'), { ids: IDS, rows: AA, facts: { model: 'tnf' } });
});
afterEach(async () => {
  for (const file of opened.splice(0)) await file.close();
  rmSync(folder, { recursive: true });
});

const IDS = Array.from({ length: 6 }, (_, index) => `seq_${index >> 1}_chunk_1R${(index % 2) + 1}`);
const DNA = rowsOf(IDS.length, 2).map((value, index) => (index === 4 ? 1 : value));
const AA = rowsOf(IDS.length, 3);
const dna = (index: number) => [...DNA.subarray(index * 2, index * 2 + 2)];
const aa = (index: number) => [...AA.subarray((IDS.length - 1 - index) * 3, (IDS.length - index) * 3)];

const fixture = (kind: string) =>
  fileURLToPath(new URL(`../../pt-serializer/test/fixtures/virnucpro_output_1_${kind}.pt`, import.meta.url));

/** What a value is made of: its keys, and the kinds of the first items. */
function shapeOf(value: unknown): unknown {
  if (value instanceof LazyTensor) return `${value.dtype} of rank ${value.shape.length}`;
  if (value instanceof Map) return [...value].map(([key, each]) => [key, shapeOf(each)]);
  return Array.isArray(value) ? [shapeOf(value[0])] : typeof value;
}

const opened: PtFile[] = [];
async function written(name: string): Promise<Map<string, unknown>> {
  const file = await openPt(name);
  opened.push(file);
  return file.value as Map<string, unknown>;
}

it.each([
  ['DNABERT_S', 'dna', undefined],
  ['ESM', 'aa', undefined],
  ['merged', 'dna', 'aa'],
  ['merged', 'aa', 'dna'],
])('%s is made as a real file of VirNucPro is, of %s and %s', async (kind, own, other) => {
  const { path, written: files } = await exportResult({
    folder: at(own),
    to: 'virnucpro',
    ...(other && { mergeWith: at(other) }),
  });
  expect([files, readdirSync(path).sort()]).toEqual([1, ['.holdfast-export.json', `output_0_${kind}.pt`]]);
  const first = await written(join(path, `output_0_${kind}.pt`));
  expect(shapeOf(first)).toEqual(shapeOf(await written(fixture(kind))));
  expect([...first.values()][0]).toEqual(own === 'aa' ? IDS.toReversed() : IDS);
});

it('a file has 10,000 sequences', async () => {
  const ids = Array.from({ length: 10_001 }, (_, index) => `s${index}`);
  await writeResult(at('aa'), { ids, rows: rowsOf(ids.length, 1), facts: { model: 'esm2-8m' } });
  const { path } = await exportResult({ folder: at('aa'), to: 'virnucpro' });
  expect((await written(join(path, 'output_0_ESM.pt'))).get('proteins')).toHaveLength(10_000);
  expect((await written(join(path, 'output_1_ESM.pt'))).get('proteins')).toEqual(['s10000']);
});

it('its numbers are those of the result', async () => {
  const nucleotides = await written(
    join((await exportResult({ folder: at('dna'), to: 'virnucpro' })).path, 'output_0_DNABERT_S.pt'),
  );
  const data = nucleotides.get('data') as Map<string, unknown>[];
  expect([data[2]!.get('label'), data[2]!.get('mean_representation')]).toEqual([IDS[2], dna(2)]);
  const proteins = await written(
    join((await exportResult({ folder: at('aa'), to: 'virnucpro' })).path, 'output_0_ESM.pt'),
  );
  const tensors = proteins.get('data') as LazyTensor[];
  expect([...(await tensors[1]!.readFloat32())]).toEqual(aa(IDS.length - 2));
  const joined = await exportResult({
    folder: at('dna'),
    to: 'virnucpro',
    mergeWith: at('aa'),
    output: at('joined'),
  });
  const merged = (await written(join(joined.path, 'output_0_merged.pt'))).get('data') as LazyTensor;
  expect([...(await merged.readFloat32())]).toEqual(
    [...IDS.keys()].flatMap((index) => [...dna(index), ...aa(index)]),
  );
});

it('refuses another model, two of one kind, and an ID that the other result lacks', async () => {
  await expect(exportResult({ folder: at('tnf'), to: 'virnucpro' })).rejects.toThrow(
    'the model of this result is tnf',
  );
  await expect(
    exportResult({ folder: at('aa'), to: 'virnucpro', mergeWith: at('aa'), output: at('x') }),
  ).rejects.toThrow('both results are of an ESM model');
  await writeResult(at('aa'), {
    ids: IDS.slice(1),
    rows: rowsOf(IDS.length - 1, 3),
    facts: { model: 'esm2-8m' },
  });
  await expect(
    exportResult({ folder: at('dna'), to: 'virnucpro', mergeWith: at('aa'), output: at('y') }),
  ).rejects.toThrow(`${IDS[0]} has no row in the result to merge with`);
});
