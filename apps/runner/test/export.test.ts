import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { freshFolder, holdfast, killedAt } from './command.js';

// `holdfast export` and `holdfast get`, as a user starts them.

const ESM = fileURLToPath(
  new URL('../../../packages/model-zoo/test/fixtures/esm2_t2_tiny/esm2_t2_tiny.pt', import.meta.url),
);
const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));

let folder: string;
let out: string;
let ids: string[];
/** A run with numbers of tokens. */
let tokens: string;
beforeAll(async () => {
  folder = await freshFolder();
  out = join(folder, 'out');
  const text = Array.from(
    { length: 150 },
    (_, at) => `>s/${at} about ${at}\n${'ACGT'.repeat(5 + (at % 7))}A\n`,
  );
  await writeFile(join(folder, 'in.fa'), text.join(''));
  expect(await holdfast(['embed', join(folder, 'in.fa'), '--out', out, '--workers', '1'])).toMatchObject({
    code: 0,
  });
  const proteins = Array.from({ length: 40 }, (_, at) => `>p${at}\n${'MKV'.repeat(1 + (at % 5))}\n`);
  await writeFile(join(folder, 'in.faa'), proteins.join(''));
  tokens = join(folder, 'tokens');
  const more = ['--include', 'mean,per_token,contacts', '--dtype', 'float16', '--workers', '1'];
  expect(
    await holdfast(['embed', join(folder, 'in.faa'), '--out', tokens, '--model', ESM, ...more]),
  ).toMatchObject({ code: 0 });
  ids = (await readFile(join(out, 'ids.txt'), 'utf8')).trimEnd().split('\n');
});

interface Said {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

async function run(args: readonly string[], { env = {}, input = '' } = {}): Promise<Said> {
  const child = spawn(process.execPath, [BIN, ...args], {
    detached: true,
    env: { ...process.env, ...env },
    stdio: 'pipe',
  });
  child.stdin.end(input);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (part: string) => {
      said[name] += part;
    });
  const [code, signal] = await once(child, 'close');
  return { code, signal, ...said };
}

/** Each file of an export with its digest; a folder's by their names. */
async function digests(path: string): Promise<string[]> {
  const digest = async (file: string) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  if ((await stat(path)).isFile()) return [await digest(path)];
  const names = (await readdir(path)).sort();
  return Promise.all(names.map(async (name) => `${name} ${await digest(join(path, name))}`));
}

test.each([
  ['parquet', [], ['open parquet\\.tmp$', 'rename parquet\\.tmp$']],
  ['h5', [], ['open h5\\.tmp$', 'rename h5\\.tmp$']],
  [
    'esm',
    ['--esm-layer', '1'],
    [
      'open export\\.json\\.tmp$',
      'open s%2F0\\.pt\\.tmp$',
      'rename s%2F75\\.pt\\.tmp$',
      'open s%2F149\\.pt\\.tmp$',
      'rename s%2F149\\.pt\\.tmp$',
    ],
  ],
] as const)('%s: killed anywhere, the same command leaves the same bytes', async (to, more, places) => {
  const line = (name: string) => ['export', out, '--to', to, ...more, '-o', join(folder, name)];
  expect(await run(line(`whole.${to}`))).toMatchObject({ code: 0, stderr: '' });
  const whole = await digests(join(folder, `whole.${to}`));
  const path = join(folder, `killed.${to}`);
  for (const place of places) {
    const [operation, name] = place.split(' ') as [string, string];
    expect(await run(line(`killed.${to}`), { env: killedAt(operation, name) }), place).toMatchObject({
      signal: 'SIGKILL',
    });
    // Nothing half-written has the name of a finished file.
    if (to !== 'esm') expect(existsSync(path)).toBe(false);
    else for (const each of await digests(path)) if (/\.pt /.test(each)) expect(whole, place).toContain(each);
  }
  expect(await run(line(`killed.${to}`))).toMatchObject({ code: 0, stderr: '' });
  expect(await digests(path)).toEqual(whole);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  // A rerun writes nothing.
  expect((await run(line(`killed.${to}`))).stdout).toContain('was there already, with the same bytes');
});

test.each([
  ['h5', 'per_token.layer_2', ['open h5\\.tmp$', 'rename h5\\.tmp$']],
  ['h5', 'contacts', ['rename h5\\.tmp$']],
  [
    'esm',
    'embeddings,per_token.layer_2,contacts',
    ['open export\\.json\\.tmp$', 'open p0\\.pt\\.tmp$', 'rename p7\\.pt\\.tmp$', 'rename p39\\.pt\\.tmp$'],
  ],
] as const)('%s of %s: killed anywhere, the same command leaves the same bytes', async (to, from, places) => {
  const line = (name: string) => ['export', tokens, '--to', to, '--from', from, '-o', join(folder, name)];
  const [undisturbed, path] = [`whole.${from}.${to}`, `killed.${from}.${to}`];
  expect(await run(line(undisturbed))).toMatchObject({ code: 0, stderr: '' });
  const whole = await digests(join(folder, undisturbed));
  for (const place of places) {
    const [operation, name] = place.split(' ') as [string, string];
    expect(await run(line(path), { env: killedAt(operation, name) }), place).toMatchObject({
      signal: 'SIGKILL',
    });
    if (to === 'h5') expect(existsSync(join(folder, path))).toBe(false);
    else
      for (const each of await digests(join(folder, path)))
        if (/\.pt /.test(each)) expect(whole, place).toContain(each);
  }
  expect(await run(line(path))).toMatchObject({ code: 0, stderr: '' });
  expect(await digests(join(folder, path))).toEqual(whole);
  expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect((await run(line(path))).stdout).toContain('was there already, with the same bytes');
});

test('another export is replaced only with --force, wherever that is killed', async () => {
  const path = join(folder, 'replaced.esm');
  const line = (layer: string, ...more: string[]) => [
    'export',
    out,
    '--to',
    'esm',
    '-o',
    path,
    '--esm-layer',
    layer,
    ...more,
  ];
  const state = async () => JSON.parse(await readFile(join(path, '.holdfast-export.json'), 'utf8')).state;
  expect(await run(line('2'))).toMatchObject({ code: 0 });
  const two = await digests(path);
  expect(await run(line('1'))).toMatchObject({ code: 2, stderr: expect.stringContaining('another export') });
  expect(await digests(path)).toEqual(two);
  const places = ['rm s%2F75\\.pt$', 'open s%2F7\\.pt\\.tmp$'];
  for (const [n, place] of places.entries()) {
    const [operation, name] = place.split(' ') as [string, string];
    expect(await run(line('1', '--force'), { env: killedAt(operation, name) }), place).toMatchObject({
      signal: 'SIGKILL',
    });
    expect(await state()).toBe(['clearing', 'writing'][n]);
  }
  // Once the folder is this export's, it goes on without --force too.
  expect(await run(line('1'))).toMatchObject({ code: 0, stderr: '' });
  expect(await state()).toBe('complete');
  const one = await digests(path);
  expect(await run(line('2', '--force'))).toMatchObject({ code: 0 });
  expect(await digests(path)).toEqual(two);
  expect(await run(line('1', '--force'))).toMatchObject({ code: 0 });
  expect(await digests(path)).toEqual(one);
});

test('without --output it goes beside the run, which stays as it was', async () => {
  const before = await digests(join(out, 'result.json'));
  const { code, stdout } = await run(['export', `${out}/`, '--to', 'npy']);
  expect([code, stdout]).toEqual([
    0,
    `${join(folder, 'out.npy')}: 150 rows, written; row i belongs to line i of ${join(out, 'ids.txt')}\n`,
  ]);
  expect(await digests(join(out, 'result.json'))).toEqual(before);
});

test.each([
  [['export', 'nowhere', '--to', 'npy'], /nowhere: no such folder; check the path/],
  [['get', 'OUT/ids.txt', 'a'], /ids.txt: it is not a folder; give the --out/],
  [['get', 'OUT', '--ids', 'FOLDER/none'], /none: no such file; check the path/],
  [
    ['export', 'OUT', '--to', 'esm', '-o', 'FOLDER/x.esm'],
    /the number of the layer is not known .*--esm-layer/,
  ],
  [
    ['export', 'OUT', '--to', 'virnucpro', '-o', 'FOLDER/x.v'],
    /VirNucPro takes rows of DNABERT-S and ESM-2; the model of this result is tnf/,
  ],
  [['export', 'OUT', '--to', 'npy', '--esm-layer', '3'], /--esm-layer is for --to esm/],
  [['export', 'OUT', '--to', 'npy', '-o', 'OUT/ids.txt', '--force'], /belongs to the run/],
  [['get', 'OUT'], /name at least one ID, or a file of them with --ids/],
  [['get', 'OUT', 's/1', 'nope'], /no sequence of .* has the ID nope; add --skip-missing/],
  [['get', 'OUT', 's/1', '--json', '-o', 'FOLDER/x.npy'], /--json is for rows that are printed/],
] as const)('refuses %j', async (words, message) => {
  const args = words.map((word) => word.replace('OUT', out).replace('FOLDER', folder));
  const { code, stdout, stderr } = await run(args);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});

test('a damaged result is not exported', async () => {
  const damaged = join(folder, 'damaged');
  await cp(out, damaged, { recursive: true });
  await writeFile(join(damaged, 'ids.txt'), 'x\n');
  expect(await run(['export', damaged, '--to', 'npy'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/ids.txt: it has 2 bytes, but result.json says \d+; holdfast verify/),
  });
});

test('get prints rows by ID, from the command line, a file or standard input', async () => {
  const { code, stdout, stderr } = await run(['get', out, 's/149', 's/7']);
  expect([code, stderr]).toEqual([0, '']);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
  expect(lines.map(([id]) => id)).toEqual(['s/149', 's/7']);
  const bytes = await readFile(join(out, 'embeddings.safetensors'));
  const rows = new Float32Array(bytes.buffer.slice(bytes.byteOffset + 8 + Number(bytes.readBigUInt64LE())));
  const dim = rows.length / ids.length;
  for (const [id, ...numbers] of lines) {
    const row = ids.indexOf(id!);
    expect(numbers.map((each) => Math.fround(Number(each)))).toEqual([
      ...rows.subarray(row * dim, (row + 1) * dim),
    ]);
  }
  await writeFile(join(folder, 'wanted'), 's/7\n');
  expect((await run(['get', out, 's/149', '--ids', join(folder, 'wanted')])).stdout).toBe(stdout);
  expect((await run(['get', out, '--ids', '-'], { input: 's/149\ns/7\n' })).stdout).toBe(stdout);
  const [first] = (await run(['get', out, 's/7', '--json'])).stdout.split('\n');
  expect(JSON.parse(first!).embedding.map(Math.fround)).toEqual(
    lines[1]!.slice(1).map((each) => Math.fround(Number(each))),
  );
});

test('get writes a file, and tells of what it leaves out', async () => {
  const path = join(folder, 'some.npy');
  const line = ['get', out, 's/3', 'nope', '--skip-missing', '-o', path];
  const { code, stdout, stderr } = await run(line);
  expect([code, stdout]).toEqual([0, '']);
  expect(stderr).toBe(
    `holdfast: left out: no sequence of ${out} has the ID nope\nholdfast: ${path}: 1 row, written; row i belongs to line i of ${join(folder, 'some.ids.txt')}\n`,
  );
  expect(await readFile(join(folder, 'some.ids.txt'), 'utf8')).toBe('s/3\n');
  expect((await run(line)).stderr).toContain('1 row, was there already, with the same bytes');
  expect((await readFile(path)).toString('latin1')).toContain("'shape': (1, ");
});
