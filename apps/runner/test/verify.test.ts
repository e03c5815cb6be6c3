import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FILE_KINDS, kindOf, reportLines } from '@holdfast/verify';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, fixture, freshFolder, holdfast, killedAt, madeModel, start, windows } from './command.js';
import { quarantineRows } from './quarantine-rows.js';
import { faultsOf, look, said } from './verify-run.js';

const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const ESM2 = at('gpu-runtime/test/fixtures/tiny_esm2');
const GLOBINS = at('gpu-runtime/test/fixtures/globins45.faa');
const ESM2_HF = at('model-zoo/test/fixtures/esm2_tiny_hf');
const SMALL = ['--shards', '3', '--seq-threshold', '60', '--workers', '1', '--batch-tokens', '2000'];

let input: string;
let complete: string;
beforeAll(async () => {
  input = await windows(300);
  complete = join(await freshFolder(), 'out');
  expect(await holdfast(['embed', input, '--out', complete, ...SMALL])).toMatchObject({ code: 0 });
});

/** Every file of a folder with its size and time of change. */
async function traces(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true })) {
    const { size, mtimeMs } = await stat(join(folder, entry));
    found.push(`${entry} ${size} ${mtimeMs}`);
  }
  return found.sort();
}

test('a finished run is whole, in lines and as JSON, and is left as it was', async () => {
  const before = await traces(complete);
  const lines = await said(['verify', complete]);
  expect(lines.code).toBe(0);
  expect(lines.text).toMatch(
    /^ok {4}run\.json: whole.*\nok {4}index\/: 12 files as they were written, 300 sequences in \d+ batches, each ID once\nok {4}\d+ checkpoints: whole, 300 rows in the plan's order under their IDs\nok {4}manifest\.json: agrees.*, 3 of 3 shards complete, 300 rows\nok {4}result\.json: whole, 300 rows of 136 numbers; .*\nok {4}rows: 300 rows as the checkpoints have them, byte for byte, in input order\nok {4}ids\.txt: 300 IDs/,
  );
  expect(lines.text).toMatch(/\n.* is whole\.\n$/);
  const json = await said(['verify', complete, '--json']);
  const report = JSON.parse(json.text);
  expect(report).toMatchObject({
    format: 1,
    state: 'complete',
    ok: true,
    sequences: 300,
    sequences_done: 300,
  });
  expect(Object.keys(report)).toEqual([
    ...['format', 'folder', 'run', 'state', 'at_work', 'quick', 'ok', 'sequences', 'sequences_done'],
    ...['checks', 'fault_counts', 'faults', 'notes', 'not_looked_at', 'repair'],
  ]);
  expect(await traces(complete)).toEqual(before);
});

test('--quick finds what sizes and markers show, and says what it did not look at', async () => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  const before = await look(out, { quick: true });
  expect(faultsOf(before)).toEqual([]);
  expect(before.not_looked_at).toEqual([expect.stringMatching(/^quick: the bytes of the index/)]);
  expect(reportLines(before).at(-1)).toMatch(/is whole as far as sizes and markers tell\.$/);
  const path = join(out, 'checkpoints/shard_1/batch_00000.pt');
  const bytes = await readFile(path);
  bytes[1000]! ^= 1;
  await writeFile(path, bytes);
  expect(faultsOf(await look(out, { quick: true }))).toEqual([]);
  await writeFile(path, bytes.subarray(1));
  expect(faultsOf(await look(out, { quick: true }))).toEqual([
    expect.stringMatching(/^checkpoints\/shard_1\/batch_00000\.pt: \d+ bytes, but its \.done marker says/),
  ]);
});

test.each(['npy', 'pt'] as const)('a result in the format %s is compared row by row', async (format) => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  const line = ['embed', input, '--out', out, '--format', format, ...SMALL];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  const report = await look(out);
  expect(faultsOf(report)).toEqual([]);
  expect(report.checks.find(({ check }) => check === 'rows')).toMatchObject({ state: 'whole' });
});

test('a run that is killed again and again is whole so far each time, and every file of it is of a known kind', async () => {
  const out = join(await freshFolder(), 'out');
  const line = ['embed', input, '--out', out, ...SMALL];
  for (const last of [9, 12, 14, 16, 19]) {
    const running = start(line);
    let seen = 0;
    running.onLine(() => ++seen === last && running.killGroup());
    await running.ended;
    const report = await look(out);
    expect(faultsOf(report)).toEqual([]);
    for (const path of await readdir(out, { recursive: true, withFileTypes: true }))
      if (path.isFile())
        expect(kindOf(join(path.parentPath, path.name).slice(out.length + 1))).not.toBeNull();
  }
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  expect(faultsOf(await look(out))).toEqual([]);
  expect(await digestOf(out)).toBe(await digestOf(complete));
});

test.each([
  ['open', 'embeddings.npy.tmp'],
  ['rename', 'ids.txt.tmp'],
  ['rename', 'result.json.tmp'],
])(
  'a run that is killed at the %s of %s, while it joins another format, is not at fault',
  async (at, name) => {
    const out = join(await freshFolder(), 'out');
    await cp(complete, out, { recursive: true });
    const env = killedAt(at, name);
    const line = ['embed', input, '--out', out, '--format', 'npy', ...SMALL];
    expect(await holdfast(line, '', { env })).toMatchObject({ signal: 'SIGKILL' });
    expect(faultsOf(await look(out))).toEqual([]);
  },
);

test('quarantined sequences have no row, and their table is that of the checkpoints', async () => {
  const model = await madeModel('make-not-a-number.mjs');
  const folder = await freshFolder();
  const [fasta, out] = [join(folder, 'in.fa'), join(folder, 'out')];
  await writeFile(fasta, '>a\nACGT\n>b\nAACC\n>c\nACNT\n>d\nACCC\n');
  const line = ['embed', fasta, '--out', out, '--model', model, '--workers', '1', '--batch-tokens', '8'];
  expect(await holdfast(line)).toMatchObject({ code: 3 });
  const report = await look(out);
  expect(faultsOf(report)).toEqual([]);
  expect(report.checks.find(({ check }) => check === 'quarantine')?.says).toBe(
    'quarantine.tsv: 1 sequence, as the checkpoints list them',
  );
  const table = join(out, 'quarantine.tsv');
  await writeFile(table, (await readFile(table, 'utf8')).replace('\t3\t', '\t4\t'));
  expect(faultsOf(await look(out))).toEqual([
    expect.stringMatching(/^quarantine\.tsv: its bytes are not/),
    expect.stringMatching(
      /^quarantine\.tsv, line 2: it has "c\\t2\\tpoison_input\\t4.*but the checkpoints have "c/,
    ),
  ]);
});

test('rows of sequences that were tried again are in the result, from later checkpoints', async () => {
  const out = join(await freshFolder(), 'out');
  await cp(complete, out, { recursive: true });
  const ids = (await readFile(join(out, 'ids.txt'), 'utf8')).split('\n');
  await quarantineRows(out, new Set([ids[3]!, ids[150]!]), 'crash');
  await rm(join(out, 'checkpoints/manifest.json'));
  expect(await holdfast(['embed', input, '--out', out, ...SMALL])).toMatchObject({ code: 0 });
  const checkpoints = await readdir(join(out, 'checkpoints'), { recursive: true });
  const before = await readdir(join(complete, 'checkpoints'), { recursive: true });
  expect(checkpoints.length).toBeGreaterThan(before.length);
  expect(faultsOf(await look(out))).toEqual([]);
  expect(await digestOf(out)).toBe(await digestOf(complete));
});

test('a run that translates is whole', async () => {
  const out = join(await freshFolder(), 'out');
  const few = await windows(40);
  const line = ['embed', few, '--out', out, '--model', ESM2, '--translate=all', '--workers', '1'];
  expect(await holdfast(line)).toMatchObject({ code: 0 });
  expect(faultsOf(await look(out))).toEqual([]);
});

test('what a lower precision costs is compared with the result', async () => {
  const folder = await freshFolder();
  const out = join(folder, 'out');
  const env = { HOLDFAST_CACHE: join(folder, 'cache') };
  const line = ['embed', GLOBINS, '--out', out, '--model', ESM2_HF, '--precision', 'int8', '--workers', '1'];
  expect(await holdfast(line, '', { env })).toMatchObject({ code: 0 });
  const report = await look(out);
  expect(faultsOf(report)).toEqual([]);
  expect(report.checks.map(({ check }) => check)).toContain('precision');
  const path = join(out, 'precision.json');
  const bytes = await readFile(path);
  for (const at of [0, 20, bytes.length >> 1, bytes.length - 3]) {
    const flipped = Buffer.from(bytes);
    flipped[at]! ^= 2;
    await writeFile(path, flipped);
    expect(faultsOf(await look(out))).toEqual(['precision.json: it is damaged, or of another run']);
  }
  expect(await look(out, { repair: true })).toMatchObject({
    ok: true,
    repair: { moved: ['precision.json.corrupt'], join: false, shards: [] },
  });
  expect(await holdfast(line, '', { env })).toMatchObject({ code: 0 });
  expect(faultsOf(await look(out))).toEqual([]);
});

test.each(['run_16384', 'run_before_rooms', 'run_before_letters/rna_run', 'run_before_letters/proteins_run'])(
  'what an earlier version left is whole so far: %s',
  async (name) => {
    const report = await look(fixture(name));
    expect(faultsOf(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, state: 'unfinished' });
    expect(report.checks.map(({ check, state }) => `${check} ${state}`).slice(0, 4)).toEqual([
      ...['run whole', 'index whole', 'checkpoints whole', 'manifest whole'],
    ]);
  },
);

test('where no run is, there is nothing to verify', async () => {
  const folder = await freshFolder();
  await mkdir(join(folder, 'empty'));
  for (const name of ['missing', 'empty']) {
    const out = join(folder, name);
    const { code, stderr } = await said(['verify', out, '--repair']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/give the --out of a run\n$/)]);
    for (const options of [{}, { quick: true }])
      await expect(look(out, options)).rejects.toThrow(/give the --out of a run$/);
  }
  expect(await readdir(folder)).toEqual(['empty']);
});

test('a run that was killed before it was planned is none yet, and one that a restart was removing is no fault', async () => {
  const out = join(await freshFolder(), 'out');
  const env = killedAt('rename', 'run.json.tmp');
  expect(await holdfast(['embed', input, '--out', out, ...SMALL], '', { env })).toMatchObject({
    signal: 'SIGKILL',
  });
  await expect(look(out)).rejects.toThrow(/holds no run/);
  await cp(complete, out, { recursive: true });
  await rm(join(out, 'run.json'));
  expect(faultsOf(await look(out))).toEqual([
    expect.stringMatching(/^run\.json: is missing; the same command/),
  ]);
  await writeFile(join(out, '.holdfast-restart'), '{}');
  expect(await look(out)).toMatchObject({ ok: true, state: 'unknown', faults: [] });
});

test('docs/verify.md names every kind of file', async () => {
  const page = await readFile(new URL('../../../docs/verify.md', import.meta.url), 'utf8');
  for (const { name, why } of FILE_KINDS)
    for (const part of [...name.split(', '), ...(why === undefined ? [] : [why])])
      expect(page).toContain(part);
});
