import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunOutputs } from '@holdfast/run-folder';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeResult } from '../test/write-result.js';
import { openResult } from './open-result.js';
import { proveResult } from './prove-result.js';
import { findRows, rowIds } from './row-ids.js';
import { sequenceLines } from './sequence-lines.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'result-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const IDS = ['seg1', 'ünï', 'a|b', 'seg10'];
const ROWS = Float32Array.from({ length: 12 }, (_, i) => i / 3 - 1);

const collected = async <T>(parts: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
};

describe.each(['safetensors', 'npy', 'pt'] as const)('a result in %s', (format) => {
  it('gives its rows by number, in blocks, and as they are stored', async () => {
    await writeResult(folder, { ids: IDS, rows: ROWS, format });
    const result = await openResult(folder);
    await using rows = await result.embeddings();
    expect([rows.rows, rows.dim, rows.dtype, rows.width]).toEqual([4, 3, 'float32', 12]);
    expect(await rows.read(1, 3)).toEqual(ROWS.slice(3, 9));
    expect(await rows.read(4, 4)).toEqual(new Float32Array(0));
    expect(Buffer.from(await rows.bytes(3, 4))).toEqual(Buffer.from(ROWS.slice(9).buffer));
    const blocks = await collected(rows.blocks(3));
    expect(blocks.map(({ first, rows: count }) => [first, count])).toEqual([
      [0, 3],
      [3, 1],
    ]);
    expect(blocks.flatMap(({ data }) => [...data])).toEqual([...ROWS]);
    await expect(rows.read(3, 5)).rejects.toThrow('rows [3, 5) of 4');
  });

  it('is refused if its file is not as long as it says', async () => {
    await writeResult(folder, { ids: IDS, rows: ROWS, format });
    appendFileSync(join(folder, `embeddings.${format}`), 'x');
    await expect(openResult(folder)).rejects.toThrow(
      /it has \d+ bytes, but result.json says \d+; holdfast verify/,
    );
  });
});

it('is proven by the SHA-256 of its files: a flipped bit and swapped IDs are found', async () => {
  await writeResult(folder, { ids: IDS, rows: ROWS });
  const prove = async () =>
    proveResult(await openResult(folder), { outputs: ['embeddings'], sequences: true });
  await prove();
  for (const [name, change] of [
    ['ids.txt', (text) => text.replace('seg1\n', 'seg2\n')],
    [
      'embeddings.safetensors',
      (text) => text.replace(/.$/s, (last) => String.fromCharCode(last.charCodeAt(0) ^ 1)),
    ],
  ] as [string, (text: string) => string][]) {
    const path = join(folder, name);
    const before = readFileSync(path, 'latin1');
    expect(change(before)).not.toBe(before);
    writeFileSync(path, change(before), 'latin1');
    await expect(prove()).rejects.toThrow(`${path}: it is not the file that the run wrote`);
    writeFileSync(path, before, 'latin1');
  }
  await prove();
});

it('names what to do if there is no result, or a file of it is missing', async () => {
  await expect(openResult(folder)).rejects.toThrow(
    `there is no complete result; holdfast status ${folder} says how the run stands`,
  );
  await writeResult(folder, { ids: IDS, rows: ROWS });
  rmSync(join(folder, 'ids.txt'));
  await expect(openResult(folder)).rejects.toThrow(/ids.txt: it is missing; holdfast verify/);
  writeFileSync(join(folder, 'result.json'), '{');
  await expect(openResult(folder)).rejects.toThrow(/result.json: it is damaged; holdfast verify/);
});

it('says so if there is no such folder, or it is a file', async () => {
  const missing = join(folder, 'nosuch');
  await expect(openResult(missing)).rejects.toThrow(`${missing}: no such folder; check the path`);
  const file = join(folder, 'a.fa');
  writeFileSync(file, '>a');
  for (const path of [file, join(file, 'deeper')])
    await expect(openResult(path)).rejects.toThrow(
      `${path}: it is not a folder; give the --out of a holdfast embed`,
    );
});

it('refuses a matrix of another shape than the record says', async () => {
  await writeResult(folder, { ids: IDS, rows: ROWS });
  const path = join(folder, 'embeddings.safetensors');
  const { readFileSync } = await import('node:fs');
  writeFileSync(path, readFileSync(path, 'latin1').replace('[4,3]', '[3,4]'), 'latin1');
  await expect((await openResult(folder)).embeddings()).rejects.toThrow(
    'it holds no matrix of 4 rows of 3 numbers',
  );
});

describe('IDs', () => {
  it('come in the rows’ order, and are found', async () => {
    await writeResult(folder, { ids: IDS, rows: ROWS });
    const { ids } = await openResult(folder);
    expect((await collected(rowIds(ids))).flat()).toEqual(IDS);
    expect(await findRows(ids, ['seg10', 'seg', 'ünï'])).toEqual(
      new Map([
        ['ünï', 1],
        ['seg10', 3],
      ]),
    );
  });

  it('are those of the file, however it is cut into parts', async () => {
    const path = join(folder, 'ids.txt');
    const id = fc.string({ minLength: 1, maxLength: 40 }).map((text) => text.replaceAll(/[\n\r\0]/g, '_'));
    await fc.assert(
      fc.asyncProperty(fc.array(id), fc.nat({ max: 1 << 20 }), async (list, long) => {
        const ids = long > 1 << 19 ? [...list, 'x'.repeat((1 << 20) + long), ...list] : list;
        writeFileSync(path, ids.map((each) => `${each}\n`).join(''));
        expect((await collected(rowIds(path))).flat()).toEqual(ids);
      }),
      { numRuns: 30 },
    );
  });
});

it('gives the lines of the sequences that have a row', async () => {
  const sequences = [
    '0\tseg1\tfirst\tx.fa\t9\t9\tno\t\tno\t0\t0\t0',
    '1\tbad\t\tx.fa\t9\t9\tno\t\tyes\t\t0\t0',
    '2\tseg2\ta\\x09b\tx.fa\t9\t9\tno\t\tno\t1\t0\t0',
  ];
  await writeResult(folder, { ids: ['seg1', 'seg2'], rows: ROWS, sequences });
  const { sequences: path } = await openResult(folder);
  const lines = (await collected(sequenceLines(path!))).flat();
  expect(lines.map(({ id, row, description }) => [id, row, description])).toEqual([
    ['seg1', '0', 'first'],
    ['seg2', '1', 'a\\x09b'],
  ]);
});

describe.each(['safetensors', 'npy', 'pt'] as const)('further outputs in %s', (format) => {
  it('are read by name: rows, and numbers of tokens and of pairs of tokens of each sequence', async () => {
    const outputs: RunOutputs = {
      dim: 3,
      dtype: 'float16',
      rows: [{ name: 'cls.layer_1', dim: 2, layer: 'h', pooling: 'cls' }],
      tokens: [{ name: 'per_token.layer_1', dim: 2, layer: 'h' }],
      pairs: [{ name: 'contacts', layer: 'contacts' }],
    };
    const tokens = [2, 0, 1, 3];
    const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => i - 3);
    await writeResult(folder, {
      ids: IDS,
      rows: ROWS,
      format,
      outputs,
      provenance: {
        model: { name: 'm', fingerprint: 'f' },
        model_options: { pooling: 'mean', layer: 'h', layer_name: 'layer_1', long_sequences: 'truncate' },
        batch_tokens: 1,
        starts: [],
      },
      further: {
        'cls.layer_1': numbers(8),
        'per_token.layer_1': { counts: tokens, numbers: numbers(12) },
        contacts: { counts: tokens.map((each) => each * each), numbers: numbers(14) },
      },
    });
    const result = await openResult(folder);
    expect([result.rowOutputs, result.valueOutputs]).toEqual([
      ['embeddings', 'cls.layer_1'],
      ['per_token.layer_1', 'contacts'],
    ]);
    expect([result.fullName, result.outputNamed('mean.layer_1'), result.outputNamed('contacts')]).toEqual([
      'mean.layer_1',
      'embeddings',
      'contacts',
    ]);
    expect([result.dimOf('mean.layer_1'), result.dimOf('cls.layer_1')]).toEqual([3, 2]);
    await using named = await result.rowsOf('mean.layer_1');
    await using embeddings = await result.embeddings();
    expect(await named.read(0, 4)).toEqual(await embeddings.read(0, 4));
    await using cls = await result.rowsOf('cls.layer_1');
    expect(await cls.read(1, 3)).toEqual(numbers(8).slice(2, 6));
    await using perToken = await result.valuesOf('per_token.layer_1');
    expect(await perToken.read(3)).toEqual({ shape: [3, 2], data: numbers(12).slice(6) });
    expect(await perToken.read(1)).toEqual({ shape: [0, 2], data: new Float32Array(0) });
    await using contacts = await result.valuesOf('contacts');
    expect(await contacts.read(0)).toEqual({ shape: [2, 2], data: numbers(14).slice(0, 4) });
    await expect(contacts.read(4)).rejects.toThrow('row 4 of 4');
    await expect(result.rowsOf('logits')).rejects.toThrow(
      "the result has no 'logits'; it has embeddings (mean.layer_1), cls.layer_1, per_token.layer_1, contacts",
    );
    await expect(result.rowsOf('contacts')).rejects.toThrow(
      'contacts has another size for each sequence, not one row of the same length; choose embeddings (mean.layer_1), cls.layer_1',
    );
    await expect(result.valuesOf('mean.layer_1')).rejects.toThrow(
      'mean.layer_1 has one row for each sequence, and no numbers of tokens; the result has these: per_token.layer_1, contacts',
    );
  });
});
