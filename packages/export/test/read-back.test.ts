import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { float32Of } from '@holdfast/pt-serializer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportName, exportFormats } from '../src/export-formats.js';
import { exportResult } from '../src/export-result.js';
import { halfBits, rowsOf, writeResult } from './write-result.js';

/** Debian's Python, and one with more modules if there is one. */
const PYTHONS = [
  '/usr/bin/python3',
  ...(process.env['HOLDFAST_TEST_PYTHON'] ? [process.env['HOLDFAST_TEST_PYTHON']] : []),
];
const SCRIPT = fileURLToPath(new URL('read_back.py', import.meta.url));

const DIM = 5;
/** Enough for several leaves of a group, and for several collections of strings. */
const IDS = Array.from({ length: 300 }, (_, at) =>
  at % 7 === 3 ? `a/b|${at}` : at % 5 === 0 ? `ünï%${at}` : at === 1 ? '.' : `seq${at}`,
);
const ROWS = rowsOf(IDS.length, DIM);
/** The rows of a result of float16, and the formats that keep them so. */
const HALVES = halfBits(ROWS, 'float16');
const KEPT = ['npy', 'pt', 'safetensors', 'arrow', 'h5', 'h5-matrix'] as const;
const COLUMNS = ['A', 'β,', 'c c', '4', ''];
const FACTS = { model: 'facebook/esm2_t6_8M_UR50D', pooling: 'mean', layer: 'last_hidden_state', empty: '' };

interface Read {
  ids: string[] | null;
  shape: number[];
  rows: number[];
  table?: Record<string, unknown>[];
  attributes?: unknown;
  var?: string[];
  uns?: unknown;
}

let folder: string;
/** What each reader found, by its name; a text says what it lacked. */
const found = new Map<string, Read | string>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'read-back-'));
  const out = join(folder, 'out');
  mkdirSync(out);
  await writeResult(out, { ids: IDS, rows: ROWS, format: 'pt', facts: FACTS, columns: COLUMNS });
  for (const to of Object.keys(exportFormats) as ExportName[]) await exportResult({ folder: out, to });
  const half = join(folder, 'half');
  mkdirSync(half);
  await writeResult(half, { ids: IDS, rows: HALVES, dtype: 'float16', facts: FACTS });
  for (const to of KEPT) await exportResult({ folder: half, to });
  for (const python of PYTHONS) {
    if (spawnSync(python, ['-c', 'import numpy']).status !== 0) continue;
    const readers = KEPT.map((name) => name.replace('-', '_'));
    for (const args of [['out'], ['half', 'float16', ...readers]]) {
      const text = execFileSync(python, [SCRIPT, folder, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
      for (const line of text.trimEnd().split('\n')) {
        const [reader, read] = JSON.parse(line) as [string, Read | string];
        const name = args.length === 1 ? reader : `half ${reader}`;
        if (typeof found.get(name) !== 'object') found.set(name, read);
      }
    }
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a reader read; null, and a line that says so, if it is not on this machine. */
function readBy(reader: string): Read | null {
  const read = found.get(reader) ?? 'no Python with numpy';
  if (typeof read === 'object') return read;
  console.warn(`LEFT OUT: ${reader}: ${read} (HOLDFAST_TEST_PYTHON names a Python that has it)`);
  return null;
}

/** What a table says of a row, as the helper made it. */
const told = (at: number) => ({
  ordinal: at,
  description: `about ${IDS[at]}`,
  file: 'x.fa',
  length: 10 + at,
  tokens: at % 3 ? 12 + at : null,
  duplicate_of: at % 4 ? null : at,
  shard: 0,
  batch: at >> 1,
});

describe('read back with the tools that it is for:', () => {
  it.each([
    'npy',
    'pt',
    'safetensors',
    'parquet',
    'parquet_duckdb',
    'parquet_polars',
    'arrow',
    'h5_matrix',
    'h5ad',
    'virnucpro',
    'tsv',
  ])('%s', (reader) => {
    const read = readBy(reader);
    if (read === null) return;
    expect(read.shape).toEqual([IDS.length, DIM]);
    expect(read.rows).toEqual([...ROWS]);
    if (read.ids !== null) expect(read.ids).toEqual(IDS);
  });

  it.each(['npy', 'pt', 'safetensors', 'arrow', 'h5_matrix', 'h5'])('%s of float16', (reader) => {
    const read = readBy(`half ${reader}`);
    if (read === null) return;
    const numbers = [...float32Of('float16', new Uint8Array(HALVES.buffer))];
    const ids = read.ids ?? IDS;
    expect([...ids].sort()).toEqual([...IDS].sort());
    const due = ids.flatMap((id) => numbers.slice(IDS.indexOf(id) * DIM, (IDS.indexOf(id) + 1) * DIM));
    expect(read.rows).toEqual(due);
  });

  it.each(['h5', 'esm'])('%s: each ID with its row', (reader) => {
    const read = readBy(reader);
    if (read === null) return;
    expect([...read.ids!].sort()).toEqual([...IDS].sort());
    for (const [at, id] of read.ids!.entries()) {
      const row = IDS.indexOf(id) * DIM;
      expect(read.rows.slice(at * DIM, (at + 1) * DIM)).toEqual([...ROWS.subarray(row, row + DIM)]);
    }
    if (reader === 'h5') expect(read.attributes).toEqual({ ...FACTS, row_ids: 'ids.txt' });
  });

  it.each([
    ['parquet', [true, false, null]],
    ['arrow', [true, false, null]],
    ['h5ad', ['yes', 'no', '']],
  ])('%s: the columns of sequences.tsv', (reader, flags) => {
    const read = readBy(reader);
    if (read === null) return;
    expect(read.table).toEqual(IDS.map((_, at) => ({ ...told(at), truncated: flags[at % 3] })));
  });

  it('h5ad: the names of the columns, and how the rows were computed', () => {
    const read = readBy('h5ad');
    if (read === null) return;
    expect([read.var, read.uns]).toEqual([COLUMNS, { ...FACTS, row_ids: 'ids.txt' }]);
  });
});
