import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPt } from '@holdfast/pt-serializer';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { halfBits, rowsOf, writeResult } from '../test/write-result.js';
import { type GetOptions, getRows } from './get-rows.js';

let folder: string;
let out: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'get-'));
  out = join(folder, 'out');
  mkdirSync(out);
  await writeResult(out, {
    ids: ['a', 'b', 'ü/c', 'd'],
    rows: ROWS,
    quarantine: ['bad\t4\toom\t3\ttoo long'],
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

const ROWS = rowsOf(4, 3);
const row = (at: number) => [...ROWS.subarray(at * 3, at * 3 + 3)];

async function got(ids: readonly string[], more: Partial<GetOptions> = {}) {
  let text = '';
  const { missing, ...told } = await getRows({ folder: out, ids, ...more }, (part) => {
    text += part;
  });
  return { text, missing, told };
}

it('prints rows in the order asked for, each once, with numbers that read back as they are', async () => {
  const { text } = await got(['d', 'a', 'd', 'ü/c']);
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(lines.map(([id, ...numbers]) => [id, numbers.map((each) => Math.fround(Number(each)))])).toEqual([
    ['d', row(3)],
    ['a', row(0)],
    ['ü/c', row(2)],
  ]);
  const json = (await got(['ü/c', 'b'], { json: true })).text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(json.map(({ id, embedding }) => [id, embedding.map(Math.fround)])).toEqual([
    ['ü/c', row(2)],
    ['b', row(1)],
  ]);
});

it('names IDs without a row, and prints nothing then', async () => {
  let printed = '';
  const asked = getRows({ folder: out, ids: ['a', 'nope', 'bad', 'A'] }, (text) => {
    printed += text;
  });
  await expect(asked).rejects.toThrow(
    `no sequence of ${out} has the IDs nope, A (did you mean a?); quarantined, so without a row (quarantine.tsv says why): bad; add --skip-missing`,
  );
  expect(printed).toBe('');
  const { text, missing } = await got(['a', 'nope', 'bad'], { skipMissing: true });
  expect([text.split('\t')[0], missing]).toEqual([
    'a',
    { unknown: ['nope'], quarantined: ['bad'], alike: new Map() },
  ]);
});

it('advises to leave out the missing only if others are asked for', async () => {
  await expect(got(['nope'])).rejects.toThrow(/has the ID nope; .*ids\.txt has all IDs with a row$/);
  await expect(got(['nope', 'a'])).rejects.toThrow(/add --skip-missing to get the others$/);
});

it('names twenty IDs and counts the others', async () => {
  const ids = Array.from({ length: 30 }, (_, at) => `x${at}`);
  await expect(got(ids)).rejects.toThrow(/x18, x19 and 10 more;/);
});

it.each(['x.npy', 'x.pt', 'x.parquet', 'x.tsv', 'x.H5', 'x.matrix.h5', 'x.h5ad', 'x.arrow', 'x.safetensors'])(
  'writes %s, by its ending',
  async (name) => {
    const output = join(folder, name);
    const ids = /npy|safetensors/.test(name) ? join(folder, 'x.ids.txt') : null;
    const { told } = await got(['d', 'b'], { output });
    expect(told).toEqual({ count: 2, what: 'row', file: { path: output, written: true, ids } });
    const bytes = readFileSync(output);
    if (ids !== null) expect(readFileSync(ids, 'utf8')).toBe('d\nb\n');
    // Its rows are not those of the run's ids.txt.
    expect(bytes.includes('row_ids')).toBe(false);
    expect((await got(['d', 'b'], { output })).told.file).toMatchObject({ written: false });
    expect(readFileSync(output).equals(bytes)).toBe(true);
    await expect(got(['b', 'd'], { output })).rejects.toThrow('is not this export');
    await got(['b', 'd'], { output, force: true });
    expect(readFileSync(output).equals(bytes)).toBe(false);
  },
);

it('the written rows are those asked for', async () => {
  const [npy, pt, parquet] = ['x.npy', 'x.pt', 'x.parquet'].map((name) => join(folder, name));
  for (const output of [npy, pt, parquet]) await got(['d', 'b'], { output: output! });
  expect(readFileSync(npy!).subarray(-24)).toEqual(
    Buffer.from(Float32Array.from([...row(3), ...row(1)]).buffer),
  );
  await using file = await openPt(pt!);
  expect((file.value as Map<string, unknown>).get('sequence_ids')).toEqual(['d', 'b']);
  expect(await parquetReadObjects({ file: await asyncBufferFromFile(parquet!) })).toEqual([
    { id: 'd', embedding: row(3) },
    { id: 'b', embedding: row(1) },
  ]);
});

it('a written file keeps the type of the numbers, as an export does', async () => {
  const half = join(folder, 'half');
  mkdirSync(half);
  const bits = halfBits(ROWS, 'float16');
  await writeResult(half, { ids: ['a', 'b', 'c', 'd'], rows: bits, dtype: 'float16' });
  const [npy, tsv] = [join(folder, 'h.npy'), join(folder, 'h.tsv')];
  for (const output of [npy, tsv]) await got(['d', 'b'], { folder: half, output });
  const due = [...bits.subarray(9, 12), ...bits.subarray(3, 6)];
  expect(readFileSync(npy).subarray(-12)).toEqual(Buffer.from(Uint16Array.from(due).buffer));
  expect(readFileSync(tsv, 'utf8').split('\n').slice(1).join('\n')).toBe(
    (await got(['d', 'b'], { folder: half })).text,
  );
});

it('refuses an ending of no format, and a file of the run', async () => {
  await expect(got(['a'], { output: join(folder, 'x.csv') })).rejects.toThrow(
    /x.csv: its ending names no format .*\.npy/,
  );
  await expect(got(['a'], { output: join(out, 'embeddings.npy') })).rejects.toThrow('belongs to the run');
  await expect(got(['a'], { output: '-' })).rejects.toThrow('leave --output out to print');
  const wanted = join(folder, 'wanted.tsv');
  writeFileSync(wanted, 'a\n');
  await expect(got(['a'], { output: wanted, inputs: [wanted], force: true })).rejects.toThrow(
    'is read by this command',
  );
});
