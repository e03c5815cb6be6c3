import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LazyTensor, openPt } from '@holdfast/pt-serializer';
import { storedTensors } from '@holdfast/result';
import { type Dataset, File, ready } from 'h5wasm/node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GetOptions, getRows } from '../src/get-rows.js';
import { rowsOf, valuesOf, writeResult } from './write-result.js';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  await ready;
  folder = mkdtempSync(join(tmpdir(), 'get-values-'));
  mkdirSync(at('out'));
});
afterEach(() => rmSync(folder, { recursive: true }));

// A name that is a number must keep its place.
const IDS = ['a/b', '7', 'c', 'empty'];
const TOKENS = [3, 5, 2, 0];
const PER_TOKEN = 'per_token.layer_3';

async function got(ids: readonly string[], more: Partial<GetOptions> = {}, format: 'pt' | 'npy' = 'npy') {
  await writeResult(at('out'), {
    ids: IDS,
    rows: rowsOf(4, 2),
    format,
    values: { [PER_TOKEN]: { dim: 4, tokens: TOKENS }, contacts: { dim: null, tokens: TOKENS } },
  });
  let text = '';
  const told = await getRows({ folder: at('out'), ids, from: PER_TOKEN, ...more }, (part) => {
    text += part;
  });
  return { text, told };
}

const float32 = (text: string | number) => Math.fround(Number(text));
const numbersOf = (row: number, dim: number | null) => [
  ...valuesOf(row, TOKENS[row]! * (dim ?? TOKENS[row]!)),
];

describe('on screen', () => {
  it.each(['npy', 'pt'] as const)('a line for each token, of a result in %s', async (format) => {
    const { text } = await got(['c', 'a/b', 'empty', 'c'], {}, format);
    const lines = text.trimEnd().split('\n');
    const fields = lines.map((line) => line.split('\t'));
    expect(fields.map(([id, position]) => [id, position])).toEqual([
      ['c', '0'],
      ['c', '1'],
      ['a/b', '0'],
      ['a/b', '1'],
      ['a/b', '2'],
    ]);
    expect(fields.slice(0, 2).flatMap((each) => each.slice(2).map(float32))).toEqual(numbersOf(2, 4));
  });

  it('a line for each pair of tokens', async () => {
    const { text } = await got(['c'], { from: 'contacts' });
    const fields = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    expect(fields.map((each) => each.slice(0, 3).join(' '))).toEqual(['c 0 0', 'c 0 1', 'c 1 0', 'c 1 1']);
    expect(fields.map((each) => float32(each[3]!))).toEqual(numbersOf(2, null));
  });

  it('as JSON, a list for each token', async () => {
    for (const [from, dim] of [
      [PER_TOKEN, 4],
      ['contacts', null],
    ] as const) {
      const { text } = await got(['7', 'empty'], { from, json: true });
      const [first, second] = text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect([first.id, first.values.length, first.values.flat().map(float32)]).toEqual([
        '7',
        5,
        numbersOf(1, dim),
      ]);
      expect(second).toEqual({ id: 'empty', values: [] });
    }
  });
});

describe.each([
  [PER_TOKEN, 4],
  ['contacts', null],
] as const)('%s', (from, dim) => {
  const shape = (row: number) => [TOKENS[row]!, dim ?? TOKENS[row]!];
  const write = async (name: string, ids: readonly string[]) => {
    const output = at(name);
    const { told } = await got(ids, { from, output });
    expect(told).toEqual({
      missing: { quarantined: [], unknown: [], alike: new Map() },
      count: ids.length,
      what: 'sequence',
      file: { path: output, written: true, ids: null },
    });
    expect((await got(ids, { from, output })).told.file).toMatchObject({ written: false });
    return output;
  };

  it('as .npy: the array of one sequence', async () => {
    const path = await write('x.NPY', ['7']);
    const stored = await storedTensors.npy(path);
    const { shape: found, offset } = (stored as Exclude<typeof stored, string>).tensors.get('embeddings')!;
    const bytes = readFileSync(path).subarray(offset);
    expect(found).toEqual(shape(1));
    expect([...new Float32Array(Uint8Array.from(bytes).buffer)]).toEqual(numbersOf(1, dim));
    await expect(got(['7', 'c'], { from, output: at('y.npy') })).rejects.toThrow(
      `y.npy: a .npy holds the ${from} of one sequence, and 2 are asked for; name one ID, or end the name with .h5, .pt or .safetensors`,
    );
  });

  it('as .safetensors: a tensor for each ID, in the order asked for', async () => {
    const path = await write('x.safetensors', ['c', '7', 'empty']);
    const bytes = readFileSync(path);
    const end = 8 + Number(bytes.readBigUInt64LE());
    const header = bytes.toString('utf8', 8, end);
    // Parsed, the ID that is a number would come first.
    expect([...header.matchAll(/"(c|7|empty)":/g)].map(([, id]) => id)).toEqual(['c', '7', 'empty']);
    const tensors = JSON.parse(header);
    for (const [id, row] of [
      ['c', 2],
      ['7', 1],
      ['empty', 3],
    ] as const) {
      const { dtype, shape: found, data_offsets: offsets } = tensors[id];
      const numbers = Uint8Array.from(bytes.subarray(end + offsets[0], end + offsets[1]));
      expect([dtype, found, [...new Float32Array(numbers.buffer)]]).toEqual([
        'F32',
        shape(row),
        numbersOf(row, dim),
      ]);
    }
  });

  it('as .pt: a dict of tensors', async () => {
    await using file = await openPt(await write('x.pt', ['7', 'a/b']));
    const value = file.value as Map<string, LazyTensor>;
    expect([...value.keys()]).toEqual(['7', 'a/b']);
    const found = value.get('7')!;
    expect(found).toBeInstanceOf(LazyTensor);
    expect(found.shape).toEqual(shape(1));
    expect([...(await found.readFloat32())]).toEqual(numbersOf(1, dim));
  });

  it('as .h5: a dataset for each ID', async () => {
    const file = new File(await write('x.h5', ['a/b', '7']), 'r');
    for (const [name, row] of [
      ['a%2Fb', 0],
      ['7', 1],
    ] as const) {
      const dataset = file.get(name) as Dataset;
      expect(dataset.shape).toEqual(shape(row));
      expect([...(dataset.value as Float32Array)]).toEqual(numbersOf(row, dim));
    }
    file.close();
  });

  it('as .tsv: the lines of the screen under the names of the columns', async () => {
    const path = await write('x.tsv', ['7', 'c']);
    const [head, ...lines] = readFileSync(path, 'utf8').split('\n');
    expect(head).toBe(dim === null ? 'id\ti\tj\tcontacts' : 'id\tposition\t0\t1\t2\t3');
    expect(lines.join('\n')).toBe((await got(['7', 'c'], { from })).text);
  });
});

it('refuses a format without a place for them, and a file that is another one', async () => {
  await expect(got(['c'], { output: at('x.parquet') })).rejects.toThrow(
    `its ending names no format of one file with a place for ${PER_TOKEN}; end it with .npy, .pt, .safetensors, .h5, .tsv`,
  );
  await got(['c'], { output: at('x.h5') });
  await expect(got(['7'], { output: at('x.h5') })).rejects.toThrow('is not this export');
  await got(['7'], { output: at('x.h5'), force: true });
  await expect(got(['c', 'nope'])).rejects.toThrow('has the ID nope; add --skip-missing');
  const { text, told } = await got(['c', 'nope'], { skipMissing: true, from: 'contacts' });
  expect([text.split('\n').length, told.missing.unknown]).toEqual([5, ['nope']]);
});
