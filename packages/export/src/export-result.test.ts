import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { float32Of, type LazyTensor, openPt } from '@holdfast/pt-serializer';
import { tableFromIPC } from 'apache-arrow';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { halfBits, linesOf, type Made, rowsOf, writeResult } from '../test/write-result.js';
import { type ExportName, exportFormats } from './export-formats.js';
import type { ExportOptions } from './export-options.js';
import { exportResult } from './export-result.js';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'export-'));
  out = join(folder, 'out');
  mkdirSync(out);
});
afterEach(() => rmSync(folder, { recursive: true }));

const DIM = 33;
const IDS = Array.from({ length: 300 }, (_, at) =>
  at % 7 === 3 ? `a/b|${at}` : at % 5 === 0 ? `ünï%${at}` : `seq${at}`,
);
const ESM2 = { model: 'facebook/esm2_t6_8M_UR50D', pooling: 'mean', layer: 'last_hidden_state' };
const ROWS = rowsOf(IDS.length, DIM);
const row = (at: number) => [...ROWS.subarray(at * DIM, (at + 1) * DIM)];
const make = (made: Partial<Made> = {}) => writeResult(out, { ids: IDS, rows: ROWS, facts: ESM2, ...made });
const to = (name: ExportName, more: Partial<ExportOptions> = {}) =>
  exportResult({ folder: out, to: name, ...more });
const NAMES = Object.keys(exportFormats) as ExportName[];

/** The digest of a file, or of each file in a folder by its name, but for what the folder says of itself. */
function digests(path: string): unknown {
  const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
  if (statSync(path).isFile()) return digest(path);
  const names = readdirSync(path).filter((name) => name !== '.holdfast-export.json');
  return names.sort().map((name) => [name, digest(join(path, name))]);
}

describe.each(NAMES)('%s', (name) => {
  it('goes beside the folder, once, with the same bytes however often and from whatever the run wrote', async () => {
    await make();
    const first = await to(name);
    expect(first).toMatchObject({
      path: join(folder, `out${exportFormats[name].ending}`),
      rows: 300,
      kept: 0,
    });
    const bytes = digests(first.path);
    expect(await to(name)).toMatchObject({ written: 0, kept: first.written });
    rmSync(join(out, 'embeddings.safetensors'));
    await make({ format: 'pt' });
    const again = await to(name, { output: join(folder, 'again') });
    expect(digests(again.path)).toEqual(bytes);
    expect(readdirSync(folder).filter((each) => each.endsWith('.tmp'))).toEqual([]);
  });

  it('takes a result of no rows', async () => {
    await writeResult(out, { ids: [], rows: new Float32Array(0), dim: 3, facts: ESM2 });
    expect(await to(name)).toMatchObject({ rows: 0 });
  });
});

it('npy, pt and safetensors are as the run itself writes them', async () => {
  for (const format of ['npy', 'pt', 'safetensors'] as const) {
    await make({ columns: Array.from({ length: DIM }, (_, at) => `c${at}`) });
    const { path } = await to(format);
    await make({ format, columns: Array.from({ length: DIM }, (_, at) => `c${at}`) });
    expect(readFileSync(path).equals(readFileSync(join(out, `embeddings.${format}`)))).toBe(true);
    rmSync(join(out, `embeddings.${format}`));
  }
});

describe.each(['float16', 'bfloat16'] as const)('a result of %s', (dtype) => {
  const half = { rows: halfBits(ROWS, dtype), dtype };
  const wide = float32Of(dtype, new Uint8Array(half.rows.buffer));

  it('keeps its type in what embed --format writes, from whatever the run wrote', async () => {
    const own =
      dtype === 'float16' ? (['npy', 'pt', 'safetensors'] as const) : (['pt', 'safetensors'] as const);
    for (const format of own) {
      await make({ ...half, format });
      // A .npy does not say how its rows were computed.
      for (const name of format === 'npy' ? (['npy'] as const) : own) {
        const { path } = await to(name, { output: join(folder, `${format}.${name}`), dtype: 'stored' });
        const other = join(folder, `as-${name}`);
        mkdirSync(other, { recursive: true });
        await writeResult(other, { ids: IDS, facts: ESM2, ...half, format: name });
        expect(readFileSync(path).equals(readFileSync(join(other, `embeddings.${name}`))), name).toBe(true);
        // As it is without the option, so a rerun finds it.
        expect(await to(name, { output: path })).toMatchObject({ written: 0 });
      }
      rmSync(join(out, `embeddings.${format}`));
    }
  });

  it('is float32 elsewhere, and everywhere if that is asked for', async () => {
    const files = async (made: Partial<Made>, more: Partial<ExportOptions>) => {
      await make(made);
      const all: unknown[] = [];
      for (const name of NAMES)
        all.push([
          name,
          digests((await to(name, { ...more, output: join(folder, `${name}-x`), force: true })).path),
        ]);
      return all as [ExportName, unknown][];
    };
    const plain = await files({ rows: wide }, {});
    expect(await files(half, { dtype: 'float32' })).toEqual(plain);
    const kept = ['pt', 'safetensors', ...(dtype === 'float16' ? ['npy', 'arrow', 'h5', 'h5-matrix'] : [])];
    for (const [at, [name, digest]] of (await files(half, {})).entries())
      if (kept.includes(name)) expect(digest, name).not.toEqual(plain[at]![1]);
      else expect(digest, name).toEqual(plain[at]![1]);
    for (const name of NAMES.filter((each) => !kept.includes(each)))
      await expect(to(name, { dtype: 'stored', output: join(folder, 'y') })).rejects.toThrow(
        `--to ${name} has no ${dtype}, as the result stores its numbers; leave --dtype out`,
      );
  });
});

/** A sequence's values in a table, as the helper made them. */
const told = (at: number) => ({
  ordinal: at,
  description: `about ${IDS[at]}`,
  file: 'x.fa',
  length: 10 + at,
  tokens: at % 3 ? 12 + at : null,
  truncated: [true, false, null][at % 3],
  duplicate_of: at % 4 ? null : at,
  shard: 0,
  batch: at >> 1,
});
const plain = (value: unknown) => (typeof value === 'bigint' ? Number(value) : value);

it('parquet: a reader that is not its writer’s finds each value, in row groups of at most 25,000 rows', async () => {
  const ids = Array.from({ length: 26_000 }, (_, at) => IDS[at] ?? `more${at}`);
  await writeResult(out, { ids, rows: new Float32Array(26_000 * 2).map((_, at) => at), facts: ESM2 });
  const file = await asyncBufferFromFile((await to('parquet')).path);
  const { row_groups, num_rows } = await parquetMetadataAsync(file);
  expect([num_rows, row_groups.length]).toEqual([26_000n, 2]);
  const rows = await parquetReadObjects({ file });
  for (const at of [0, 1, 2, 3, 4, 299]) {
    const { id, embedding, ...rest } = rows[at]!;
    expect([id, embedding]).toEqual([IDS[at], [2 * at, 2 * at + 1]]);
    expect(Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, plain(value)]))).toEqual(
      told(at),
    );
  }
  expect(rows.at(-1)!['embedding']).toEqual([51_998, 51_999]);
});

it('arrow: each value is read back', async () => {
  await make();
  const table = tableFromIPC(readFileSync((await to('arrow')).path));
  expect(table.numRows).toBe(300);
  for (const at of [0, 3, 4, 299]) {
    const { id, embedding, ...rest } = table.get(at)!.toJSON();
    expect([id, [...embedding]]).toEqual([IDS[at], row(at)]);
    expect(Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, plain(value)]))).toEqual(
      told(at),
    );
  }
});

it('tsv: each number reads back as the same float32', async () => {
  await make();
  const lines = readFileSync((await to('tsv')).path, 'utf8').split('\n');
  expect(lines[0]).toBe(['id', ...Array(DIM).keys()].join('\t'));
  for (const at of IDS.keys()) {
    const [id, ...numbers] = lines[at + 1]!.split('\t');
    expect([id, numbers.map((each) => Math.fround(Number(each)))]).toEqual([IDS[at], row(at)]);
  }
});

it('a result without sequences.tsv has the IDs and the rows alone', async () => {
  await make({ sequences: null });
  const table = tableFromIPC(readFileSync((await to('arrow')).path));
  expect(table.schema.fields.map(({ name }) => name)).toEqual(['id', 'embedding']);
  const [first] = await parquetReadObjects({ file: await asyncBufferFromFile((await to('parquet')).path) });
  expect(first).toEqual({ id: IDS[0], embedding: row(0) });
  for (const name of ['h5', 'h5-matrix', 'h5ad'] as const) await to(name);
});

describe('esm', () => {
  it('a file for each ID, as extract.py writes it; one that was lost or cut comes again', async () => {
    await make();
    const { path, written } = await to('esm');
    expect(written).toBe(300);
    await using file = await openPt(join(path, 'a%2Fb|3.pt'));
    const value = file.value as Map<string, unknown>;
    expect([value.get('label'), [...value.keys()]]).toEqual(['a/b|3', ['label', 'mean_representations']]);
    const representations = value.get('mean_representations') as Map<number, LazyTensor>;
    expect([...representations.keys()]).toEqual([6]);
    expect([...(await representations.get(6)!.readFloat32())]).toEqual(row(3));
    rmSync(join(path, 'seq1.pt'));
    writeFileSync(join(path, 'seq2.pt'), 'cut');
    writeFileSync(join(path, 'seq4.pt.tmp'), 'left by a kill');
    expect(await to('esm')).toMatchObject({ written: 2, kept: 298 });
    expect(readdirSync(path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('names the layer by the model, the layer’s name or the option, and refuses to guess', async () => {
    await make({ facts: { ...ESM2, model: 'own', layer: 'hidden_states.3' } });
    const layerIn = async (path: string) => {
      await using file = await openPt(join(path, 'seq1.pt'));
      const value = file.value as Map<string, Map<number, unknown>>;
      return [...value].map(([key, each]) => [key, each instanceof Map ? [...each.keys()] : each]);
    };
    expect(await layerIn((await to('esm')).path)).toContainEqual(['mean_representations', [3]]);
    await make({ facts: { ...ESM2, model: 'own', pooling: 'cls' } });
    await expect(to('esm', { output: join(folder, 'x') })).rejects.toThrow('give it with --esm-layer');
    const { path } = await to('esm', { output: join(folder, 'y'), esmLayer: 12 });
    expect(await layerIn(path)).toContainEqual(['bos_representations', [12]]);
    await make({ facts: { ...ESM2, pooling: 'max' } });
    await expect(to('esm', { output: join(folder, 'z') })).rejects.toThrow(
      'a file of extract.py has no place for embeddings (pooled by max); --to h5 has',
    );
    expect(readdirSync(folder).sort()).toEqual(['out', 'out.esm', 'y']);
  });
});

describe('what is there already', () => {
  it('is refused if it is something else, and replaced with force', async () => {
    await make();
    const path = join(folder, 'out.npy');
    writeFileSync(path, 'mine');
    await expect(to('npy')).rejects.toThrow(/out.npy is there and is not this export; .*--force/);
    expect(readFileSync(path, 'utf8')).toBe('mine');
    await to('npy', { force: true });
    expect(
      readFileSync(path).equals(readFileSync((await to('npy', { output: join(folder, 'b.npy') })).path)),
    ).toBe(true);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.from('x')]));
    await expect(to('npy')).rejects.toThrow('is not this export');
    await expect(to('esm', { output: path, force: true })).rejects.toThrow(
      'out.npy is there and is no folder',
    );
    for (const [format, name, remedy] of [
      ['npy', 'x.TSV', '.npy, or export --to tsv'],
      ['tsv', 'x.csv', '.tsv'],
      ['esm', 'x.h5', '.esm, or export --to h5'],
      ['parquet', 'x.pt', '.parquet, or export --to pt'],
    ] as const)
      await expect(to(format, { output: join(folder, name), force: true })).rejects.toThrow(
        `x${name.slice(1)}: --to ${format} does not write ${name.slice(1).toLowerCase()}; end the name with ${remedy}`,
      );
    // Names of one's own are taken.
    for (const [format, name] of [
      ['h5-matrix', 'x.h5'],
      ['npy', 'rows'],
      ['tsv', 'x.tab'],
    ] as const)
      expect((await to(format, { output: join(folder, name) })).written).toBe(1);
    mkdirSync(join(folder, 'out.tsv'));
    await expect(to('tsv', { force: true })).rejects.toThrow('is no file');
  });

  it('a folder of something else is never touched; one of another export only with force, and wholly', async () => {
    await make();
    const path = join(folder, 'out.esm');
    mkdirSync(path);
    writeFileSync(join(path, 'mine.pt'), 'mine');
    await expect(to('esm', { force: true })).rejects.toThrow(/mine.pt is there, which no export left/);
    rmSync(join(path, 'mine.pt'));
    await to('esm');
    await writeResult(out, { ids: ['seq1', 'new'], rows: rowsOf(2, DIM), facts: ESM2 });
    await expect(to('esm')).rejects.toThrow(/holds another export; .*--force/);
    expect(readdirSync(path)).toHaveLength(301);
    writeFileSync(join(path, 'notes.txt'), 'mine');
    await expect(to('esm', { force: true })).rejects.toThrow('notes.txt is there');
    rmSync(join(path, 'notes.txt'));
    expect(await to('esm', { force: true })).toMatchObject({ written: 2 });
    expect(readdirSync(path).sort()).toEqual(['.holdfast-export.json', 'new.pt', 'seq1.pt']);
  });

  it('the run’s own files are never replaced', async () => {
    await make();
    for (const name of ['embeddings.npy', 'ids.txt', 'index/x', 'result.json', '.lock']) {
      mkdirSync(join(out, 'index'), { recursive: true });
      await expect(to('npy', { output: join(out, name), force: true })).rejects.toThrow('belongs to the run');
    }
    await expect(to('esm', { output: join(out, 'checkpoints'), force: true })).rejects.toThrow(
      'belongs to the run',
    );
    await expect(to('esm', { output: out, force: true })).rejects.toThrow('is the folder of a run');
    await expect(to('npy', { output: '-' })).rejects.toThrow('is not printed');
    await expect(to('npy', { output: join(folder, 'none', 'x.npy') })).rejects.toThrow('none is not there');
    expect((await to('npy', { output: join(out, 'mine.npy') })).written).toBe(1);
  });
});

it('an output that there is not is named, wherever the export would have gone', async () => {
  await make();
  for (const from of ['nope', '../ids', 'more_outputs/x'])
    await expect(to('npy', { from })).rejects.toThrow(`the result has no '${from}'; it has embeddings`);
});

it('stops between blocks, and leaves nothing', async () => {
  await make();
  const stop = new AbortController();
  const onProgress = () => stop.abort(new Error('stopped'));
  const ids = Array.from({ length: 40_000 }, (_, at) => `s${at}`);
  await writeResult(out, { ids, rows: rowsOf(40_000, DIM), facts: ESM2, sequences: linesOf(ids) });
  await expect(to('parquet', { signal: stop.signal, onProgress })).rejects.toThrow('stopped');
  expect(readdirSync(folder)).toEqual(['out']);
});

it('the embeddings have a full name, which export takes; another one is refused before a path is looked at', async () => {
  await make({ options: { pooling: 'mean', layer: 'last_hidden_state', layer_name: 'layer_6' } });
  const plain = await to('h5');
  const named = await to('h5', { from: 'mean.layer_6' });
  expect(named.path).toBe(join(folder, 'out.mean.layer_6.h5'));
  expect(digests(named.path)).toEqual(digests(plain.path));
  // A folder is the same export under either name.
  const esm = await to('esm', { esmLayer: 6, from: 'mean.layer_6', output: join(folder, 'esm') });
  expect(await to('esm', { esmLayer: 6, output: esm.path })).toMatchObject({ written: 0, kept: 300 });
  await expect(to('npy', { from: '../ids' })).rejects.toThrow(
    "the result has no '../ids'; it has embeddings (mean.layer_6)",
  );
});
