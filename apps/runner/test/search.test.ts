import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { fixture, freshFolder, holdfast, killedAt, madeModel, rowsOf, start } from './command.js';

const GLOBINS = fixture('globins45.faa');
const TINY = fileURLToPath(
  new URL('../../../packages/model-zoo/test/fixtures/esm2_tiny_hf', import.meta.url),
);

interface Hits {
  query: string;
  hits: { rank: number; id: string; row: number; description: string; cosine_distance: number }[];
}

/** A run of the built-in model of proteins. */
let proteins: string;
beforeAll(async () => {
  proteins = join(await freshFolder(), 'out');
  await embed(GLOBINS, '--out', proteins, '--model', 'aac');
});

let folder: string;
let temporary: string;
let out: string;
beforeEach(async () => {
  folder = await freshFolder();
  temporary = join(folder, 'tmp');
  out = join(folder, 'out');
  await mkdir(temporary);
});

const embed = async (...args: string[]) => {
  const ended = await holdfast(['embed', ...args, '--workers', '1']);
  expect(ended).toMatchObject({ code: 0 });
};
const search = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  holdfast(['search', '--quiet', ...args], '', { env: { TMPDIR: temporary, ...env } });
const hitsOf = async (...args: string[]) => {
  const ended = await search(['--json', ...args]);
  expect(ended).toMatchObject({ code: 0 });
  expect(await readdir(temporary)).toEqual([]);
  return ended.lines as unknown as Hits[];
};
const refusal = async (...args: string[]) => {
  const { code, stderr } = await search(args);
  expect(code).toBe(2);
  expect(await readdir(temporary)).toEqual([]);
  return stderr;
};

test('a sequence of the run finds itself at distance 0, and others as a search in float64 does', async () => {
  await embed(GLOBINS, '--out', out, '--model', TINY);
  const before = await readdir(out);
  const rows = await rowsOf(out);
  const found = await hitsOf(out, GLOBINS, '-k', '5');
  expect(found.map(({ query }) => query)).toEqual(rows.map(([id]) => id));
  const cosine = (a: number[], b: number[]) => {
    const dot = (x: number[], y: number[]) => x.reduce((sum, each, at) => sum + each * y[at]!, 0);
    return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  for (const { query, hits } of found) {
    expect(hits[0]).toMatchObject({ rank: 1, id: query, cosine_distance: 0 });
    const [, own] = rows.find(([id]) => id === query)!;
    const wanted = rows
      .map(([id, row], at) => ({ id, row: at, distance: Math.max(0, cosine(own, row)) }))
      .sort((a, b) => a.distance - b.distance || a.row - b.row)
      .slice(0, 5);
    expect(hits.map(({ id, row }) => [id, row])).toEqual(wanted.map(({ id, row }) => [id, row]));
    for (const [at, hit] of hits.entries()) expect(hit.cosine_distance).toBeCloseTo(wanted[at]!.distance, 12);
  }
  // So many neighbours that each pass over the rows has two queries.
  const all = await hitsOf(out, GLOBINS, '-k', '100000');
  expect(all.map(({ query, hits }) => [query, hits.length, hits[0]!.id])).toEqual(
    rows.map(([id]) => [id, 45, id]),
  );
  // The table has the same, and the run stays as it is.
  const table = join(folder, 'hits.tsv');
  const two = ['search', out, GLOBINS, '-k', '2', '-o', table, '--progress', 'plain'];
  expect(await holdfast(two)).toMatchObject({
    code: 0,
    lines: [],
    stderr: expect.stringMatching(/holdfast: .*hits\.tsv: written\n$/),
  });
  const [head, ...lines] = (await readFile(table, 'utf8')).split('\n').slice(0, -1);
  expect(head).toBe('query\trank\tid\tcosine_distance\trow\tdescription');
  expect(lines.map((line) => line.split('\t').slice(0, 3).join(' '))).toEqual(
    found.flatMap(({ query, hits }) => hits.slice(0, 2).map(({ rank, id }) => `${query} ${rank} ${id}`)),
  );
  expect(await readdir(out)).toEqual(before);
});

test('queries are read and cut as the sequences of the run were', async () => {
  const input = join(folder, 'reads.fa');
  const reads = ['ACGTTGCATTGACCATGAAACCCGGGTTTACGATTGACC', 'TTGACAAUGGCCAAGGTTC--CAACCGGTTACGTACGATCA'];
  await writeFile(input, reads.map((each, at) => `>lib|r${at}|x a read\n${each}\n`).join(''));
  const options = ['--id', '^lib\\|(\\w+)', '--chunk', '16', '--stride', '8', '--on-bad-record', 'skip'];
  await embed(input, '--out', out, ...options);
  const ids = (await rowsOf(out)).map(([id]) => id);
  expect(ids.length).toBeGreaterThan(6);
  const found = await hitsOf(out, input, '-k', '1');
  expect(found.map(({ query }) => query)).toEqual(ids);
  for (const { query, hits } of found)
    expect(hits).toMatchObject([
      { id: query, cosine_distance: 0, description: expect.stringMatching(/a read$/) },
    ]);

  const frames = join(folder, 'frames');
  await embed(input, '--out', frames, '--model', 'aac', '--translate=all', '--genetic-code', '11');
  const translated = await hitsOf(frames, input, '-k', '1');
  expect(translated.map(({ query }) => query)).toEqual((await rowsOf(frames)).map(([id]) => id));
  for (const { hits } of translated) expect(hits[0]!.cosine_distance).toBe(0);
});

test('only the rows of the queries are computed, whatever else the run has', async () => {
  const more = ['--layer', '1,-1', '--include', 'cls,mean,per_token', '--dtype', 'float16'];
  await embed(GLOBINS, '--out', out, '--model', TINY, ...more);
  for (const { query, hits } of await hitsOf(out, GLOBINS, '-k', '1'))
    expect(hits).toMatchObject([{ id: query, cosine_distance: 0 }]);
  const small = join(folder, 'small');
  await embed(GLOBINS, '--out', small, '--model', 'aac', '--dtype', 'bfloat16');
  for (const { query, hits } of await hitsOf(small, GLOBINS, '-k', '1'))
    expect(hits).toMatchObject([{ id: query, cosine_distance: 0 }]);
});

test('any output with rows can be searched, and queries get the rows that it has', async () => {
  const more = ['--layer', '-1,1', '--include', 'mean,cls,per_token'];
  await embed(GLOBINS, '--out', out, '--model', TINY, ...more);
  const found: Hits[][] = [];
  for (const from of ['mean.layer_2', 'cls.layer_2', 'mean.layer_1', 'cls.layer_1']) {
    const hits = await hitsOf(out, GLOBINS, '-k', '3', '--from', from);
    for (const { query, hits: near } of hits)
      expect(near[0]).toMatchObject({ id: query, cosine_distance: 0 });
    // The rows of the run itself are the same queries.
    const ids = hits.map(({ query }) => query);
    expect(await hitsOf(out, '-k', '3', '--from', from, '--id', ...ids)).toEqual(hits);
    found.push(hits);
  }
  expect(new Set(found.map((each) => JSON.stringify(each))).size).toBe(4);
  expect(await hitsOf(out, GLOBINS, '-k', '3')).toEqual(found[0]);
  expect(await refusal(out, GLOBINS, '--from', 'per_token.layer_2')).toMatch(
    /per_token.layer_2 has another size for each sequence, not one row of the same length; choose embeddings \(mean.layer_2\), cls.layer_2/,
  );
  expect(await refusal(out, GLOBINS, '--from', 'max.layer_2')).toContain("the result has no 'max.layer_2'");
});

test('sequences of the run are searched for by ID, without its model', async () => {
  const model = join(folder, 'model');
  await cp(TINY, model, { recursive: true });
  await embed(GLOBINS, '--out', out, '--model', model);
  const all = await hitsOf(out, GLOBINS, '-k', '4');
  await rm(model, { recursive: true });
  const [a, b, c] = all.map(({ query }) => query) as [string, string, string];
  const list = join(folder, 'ids');
  await writeFile(list, `\ufeff${c}\n${a}\n`);
  expect(await hitsOf(out, '-k', '4', '--ids', list, '--id', b, a)).toEqual([all[1], all[0], all[2]]);
  expect(await refusal(out, '--id', a, 'no|such')).toContain('has the ID no|such; leave it out, or check');
  expect(await refusal(out, '--ids', join(folder, 'none'))).toContain('none: no such file; check the path');
  expect(await refusal(out, GLOBINS, '--id', a)).toContain('not both');
  expect(await refusal(out, '--model', TINY, '--id', a)).toContain('--model is for queries in files');
  expect(await refusal(out)).toContain('name a file of queries, or sequences of the run with --id');
});

test('queries that cannot be used are refused, or left out by name, as --on-bad-record says', async () => {
  const query = join(folder, 'query.fa');
  await writeFile(query, '>good\nMKV\n>bad\nMK1\n');
  expect(await refusal(proteins, query)).toContain('add --on-bad-record skip');
  const ended = await search(['--json', proteins, query, '-k', '1', '--on-bad-record', 'skip']);
  expect(ended).toMatchObject({ code: 0, lines: [{ query: 'good' }] });
  expect(ended.stderr).toMatch(/query\.fa, record 2 \(bad\) is left out: "1" is not a residue/);
  expect(ended.stderr).not.toContain('listed in');

  await writeFile(query, '>same\nMKV\n>same\nMKL\n');
  expect(await refusal(proteins, query)).toContain('add --dedupe-ids suffix');
  const both = await hitsOf(proteins, query, '-k', '1', '--dedupe-ids', 'suffix');
  expect(both.map(({ query }) => query)).toEqual(['same', 'same_2']);
});

test('a killed search leaves no half table, and the same command gives the same bytes', async () => {
  const undisturbed = join(folder, 'whole.tsv');
  expect(await search([proteins, GLOBINS, '-o', undisturbed])).toMatchObject({ code: 0 });
  const whole = await readFile(undisturbed, 'utf8');
  expect(whole.split('\n')).toHaveLength(45 * 10 + 2);
  const table = join(folder, 'hits.tsv');
  for (const [operation, name] of [
    ['open', 'batch_00000\\.pt\\.done.*tmp$'],
    ['rename', 'queries/result\\.json\\.tmp$'],
    ['rename', 'hits\\.tsv\\.tmp$'],
  ] as const) {
    const env = killedAt(operation, name);
    expect(await search([proteins, GLOBINS, '-o', table], env), name).toMatchObject({ signal: 'SIGKILL' });
    expect(await readdir(folder)).not.toContain('hits.tsv');
    expect(await readdir(temporary)).toHaveLength(1);
  }
  expect(await search([proteins, GLOBINS, '-o', table])).toMatchObject({ code: 0 });
  expect(await readFile(table, 'utf8')).toBe(whole);
  expect((await readdir(folder)).sort()).toEqual(['hits.tsv', 'tmp', 'whole.tsv']);
  // A rerun finds it; another table takes its place with --force only.
  expect(await search([proteins, GLOBINS, '-o', table])).toMatchObject({ code: 0 });
  const other = [proteins, GLOBINS, '-k', '2', '-o', table];
  expect(await search(other)).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
  expect(await readFile(table, 'utf8')).toBe(whole);
  expect(await search([...other, '--force'])).toMatchObject({ code: 0 });
  expect((await readFile(table, 'utf8')).split('\n')).toHaveLength(45 * 2 + 2);
  expect(await readdir(temporary)).toEqual([]);
});

test('a search by ID that is killed leaves no half table, and the same command gives the same bytes', async () => {
  const [id, other] = (await rowsOf(proteins)).map(([id]) => id) as [string, string];
  const line = (name: string) => [proteins, '--id', other, id, '-k', '3', '-o', join(folder, name)];
  expect(await search(line('whole.tsv'))).toMatchObject({ code: 0 });
  const whole = await readFile(join(folder, 'whole.tsv'), 'utf8');
  expect(whole.split('\n')).toHaveLength(2 * 3 + 2);
  for (const operation of ['open', 'rename']) {
    const env = killedAt(operation, 'hits\\.tsv\\.tmp$');
    expect(await search(line('hits.tsv'), env), operation).toMatchObject({ signal: 'SIGKILL' });
    expect(await readdir(folder)).not.toContain('hits.tsv');
  }
  expect(await search(line('hits.tsv'))).toMatchObject({ code: 0 });
  expect(await readFile(join(folder, 'hits.tsv'), 'utf8')).toBe(whole);
  expect((await readdir(folder)).sort()).toEqual(['hits.tsv', 'tmp', 'whole.tsv']);
  expect(await readdir(temporary)).toEqual([]);
});

test('a search that is stopped leaves nothing behind', async () => {
  const table = join(folder, 'hits.tsv');
  const args = ['search', '-', '-o', table].toSpliced(1, 0, proteins);
  const running = start(args, { env: { TMPDIR: temporary } });
  // It waits for the rest of its input.
  running.child.stdin!.write('>a\nMKV\n');
  while ((await readdir(temporary)).length === 0) await new Promise((resolve) => setImmediate(resolve));
  running.child.kill('SIGINT');
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain('stopped by SIGINT; nothing is left behind, rerun the same command');
  expect(await readdir(temporary)).toEqual([]);
  expect(await readdir(folder)).not.toContain('hits.tsv');
});

test('a model that is gone, moved or another is named', async () => {
  const model = join(folder, 'model');
  await cp(TINY, model, { recursive: true });
  await embed(GLOBINS, '--out', out, '--model', model, '--pooling', 'max');
  await rename(model, join(folder, 'moved'));
  expect(await refusal(out, GLOBINS)).toContain(
    `${model}: the model esm2_tiny_hf of the run is no longer there`.replace('esm2_tiny_hf', 'model'),
  );
  const [first] = await hitsOf(out, GLOBINS, '-k', '1', '--model', join(folder, 'moved'));
  expect(first!.hits[0]).toMatchObject({ row: 0, cosine_distance: 0 });
  // It cannot even do what was asked of the run's model: nothing of that can be changed here.
  expect(await refusal(out, GLOBINS, '--model', 'aac')).toMatch(
    /^holdfast: aac: it is not the model of the run in .*out \(model: model → aac; with the run's options: .*\), so its rows cannot be compared; give the place of that model with --model\n$/,
  );
  await cp(join(folder, 'moved'), model, { recursive: true });
  const weights = join(model, 'model.safetensors');
  const bytes = await readFile(weights);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(weights, bytes);
  expect(await refusal(out, GLOBINS)).toMatch(
    /it is not the model of the run in .*out \(model: .* → .*\), so its rows cannot be compared; give the place of that model with --model/,
  );
});

test('a query that has no row is named, and the others are searched for', async () => {
  const model = await madeModel('make-not-a-number.mjs');
  const input = join(folder, 'in.fa');
  const query = join(folder, 'query.fa');
  await writeFile(input, '>a\nACGT\n>b\nAACC\n');
  await writeFile(query, '>x\nACGT\n>y\nACNT\n');
  await embed(input, '--out', out, '--model', model);
  const ended = await search(['--json', out, query, '-k', '1']);
  expect(ended.code).toBe(3);
  expect(ended.stderr).toMatch(/the query y has no row, so nothing is near it \(poison_input\): .*NaN/);
  expect(ended.lines).toMatchObject([{ query: 'x', hits: [{ id: 'a', cosine_distance: 0 }] }]);
});

test('what cannot be searched, or written, is refused before anything is computed', async () => {
  const bad = join(folder, 'bad.fa');
  await writeFile(bad, '>a\nMKV\n>a\nMKL\n');
  expect(await refusal(proteins, bad)).toMatch(/bad\.fa/);
  expect(await refusal(proteins, join(folder, 'none.fa'))).toMatch(/none\.fa/);
  expect(await refusal(folder, GLOBINS)).toContain('there is no complete result');
  expect(await refusal(proteins, bad, '-o', bad)).toContain('is read by this command');
  expect(await refusal(proteins, GLOBINS, '-o', '-')).toContain('leave --output out to print');
  for (const [name, json, remedy] of [
    ['x.csv', [], 'end the name with .tsv'],
    ['x.JSONL', [], 'unless --json is given'],
    ['x.tsv', ['--json'], 'end the name with .jsonl'],
    ['x.csv', ['--json'], 'end the name with .jsonl'],
  ] as const)
    expect(await refusal(proteins, GLOBINS, '-o', join(folder, name), ...json)).toContain(remedy);
  expect(await refusal(proteins, GLOBINS, '-o', bad)).toMatch(
    /bad.fa is there and is not this table; .*--force/,
  );
  expect(await refusal(proteins, GLOBINS, '-o', bad, '--json')).toContain('is not this table');
  await cp(proteins, out, { recursive: true });
  for (const name of ['run.json', 'ids.txt.tmp'])
    expect(await refusal(proteins, GLOBINS, '-o', join(out, name), '--force')).toContain(
      'belongs to the run in',
    );
  await rm(join(out, 'run.json'));
  expect(await refusal(out, GLOBINS)).toContain('run.json: it is missing');
});

test('the result may be in another folder than its run', async () => {
  const work = join(folder, 'work');
  await embed(GLOBINS, '--out', out, '--work', work, '--model', 'aac', '--format', 'npy');
  const [first] = await hitsOf(out, GLOBINS, '-k', '1');
  expect(first!.hits[0]).toMatchObject({ id: first!.query, cosine_distance: 0 });
});
