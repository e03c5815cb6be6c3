import { execFile } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LoopbackHub, loopbackHub } from '@holdfast/model-hub/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, killedAfter, start } from './command.js';

const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const PROTEINS = at('gpu-runtime/test/fixtures/globins45.faa');
const WEIGHTS = at('model-zoo/test/fixtures/esm2_tiny_hf');
const ID = 'facebook/esm2_tiny';

let folder: string;
let hub: LoopbackHub;
beforeEach(async () => {
  folder = await freshFolder();
  const model = join(folder, 'model');
  await cp(WEIGHTS, model, { recursive: true });
  hub = await loopbackHub({ [ID]: model });
});
afterEach(() => hub[Symbol.asyncDispose]());

const env = (more: NodeJS.ProcessEnv = {}) => ({
  HF_HOME: join(folder, 'hf'),
  HF_ENDPOINT: hub.url,
  HF_TOKEN: '',
  ...more,
});
/** What a command prints that is no run. */
async function said(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { env: { ...process.env, ...env() } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode!, stdout, stderr }),
    );
  });
}

const line = (out: string, model = ID) => [
  ...['embed', PROTEINS, '--out', join(folder, out), '--model', model],
  ...['--workers', '1', '--seq-threshold', '3'],
];

/** What a run gives that nothing disturbs, with the model as it was at first. */
async function undisturbed(): Promise<string> {
  await using quiet = await loopbackHub({ [ID]: WEIGHTS });
  const own = env({ HF_ENDPOINT: quiet.url, HF_HOME: join(folder, 'other') });
  expect(await holdfast(line('undisturbed'), '', { env: own })).toMatchObject({ code: 0, stderr: '' });
  return digestOf(join(folder, 'undisturbed'));
}

test('killed while it downloads, and again while it works, the same line gives the bytes of an undisturbed run', async () => {
  // The connection stays open in the middle of the weights, so the kill comes there.
  hub.faults.length = (path, before) => (before === 0 && /safetensors/.test(path) ? 1e6 : null);
  const often = line('out');
  const first = start(often, { env: env() });
  await hub.asked(/model\.safetensors/);
  first.killGroup();
  await first.ended;
  for (const event of ['downloaded', 'trying_model', 'planned', 'checkpoint']) {
    const running = start(often, { env: env() });
    await running.until(event).catch((error: unknown) => {
      // What was downloaded stays so.
      if (event !== 'downloaded') throw error;
    });
    running.killGroup();
    await running.ended;
  }
  hub.faults = { status: () => ({ status: 503 }) };
  expect(await holdfast(often, '', { env: env() })).toMatchObject({ code: 0, stderr: '' });
  expect(await digestOf(join(folder, 'out'))).toBe(await undisturbed());
});

test('a branch that moves does not change a run that began; --force-restart takes what is there', async () => {
  await killedAfter('checkpoint', line('out'), { env: env() });
  const { hub: pin } = JSON.parse(await readFile(join(folder, 'out', 'run.json'), 'utf8')).model;
  expect(pin).toEqual({ id: ID, revision: 'main', commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
  const moved = join(folder, 'moved');
  await cp(WEIGHTS, moved, { recursive: true });
  const weights = await readFile(join(moved, 'model.safetensors'));
  weights[weights.length - 2]! ^= 1;
  await writeFile(join(moved, 'model.safetensors'), weights);
  hub.models[ID] = moved;
  expect(await said('models', 'get', ID)).toMatchObject({ code: 0 });
  expect(await holdfast(line('out'), '', { env: env() })).toMatchObject({ code: 0, stderr: '' });
  expect(await digestOf(join(folder, 'out'))).toBe(await undisturbed());
  const again = [...line('out'), '--force-restart'];
  expect(await holdfast(again, '', { env: env() })).toMatchObject({ code: 0, stderr: '' });
  expect(await digestOf(join(folder, 'out'))).not.toBe(await undisturbed());
});

test('a run whose model was removed from the cache gets the same commit again', async () => {
  await killedAfter('checkpoint', line('out'), { env: env() });
  await rm(join(folder, 'hf'), { recursive: true });
  expect(await holdfast(line('out'), '', { env: env({ HF_HUB_OFFLINE: '1' }) })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/esm2_tiny@[0-9a-f]{40}: is not in the cache .* HF_HUB_OFFLINE/),
  });
  expect(await holdfast(line('out'), '', { env: env() })).toMatchObject({ code: 0, stderr: '' });
  expect(await digestOf(join(folder, 'out'))).toBe(await undisturbed());
});

test('what Python downloaded is used without a network, and the model has its name', async () => {
  const commit = '0123456789abcdef0123456789abcdef01234567';
  const cached = join(folder, 'hf', 'hub', 'models--facebook--esm2_tiny');
  await cp(WEIGHTS, join(cached, 'snapshots', commit), { recursive: true });
  await cp(join(WEIGHTS, 'config.json'), join(cached, 'refs', 'main'));
  await writeFile(join(cached, 'refs', 'main'), commit);
  const offline = { env: env({ HF_ENDPOINT: 'http://127.0.0.1:9' }) };
  expect(await holdfast(line('out'), '', offline)).toMatchObject({ code: 0, stderr: '' });
  const { model } = JSON.parse(await readFile(join(folder, 'out', 'run.json'), 'utf8'));
  expect(model).toMatchObject({ name: ID, hub: { id: ID, revision: 'main', commit } });
  expect(await digestOf(join(folder, 'out'))).toBe(await undisturbed());
});

test.each<[string, string, RegExp]>([
  ['a name that nothing has', 'esm2-9m', /there is no such file or folder.*holdfast models/],
  [
    'a model that the hub does not have',
    'facebook/esm9',
    /^holdfast: facebook\/esm9: .* shows nobody a model.* \(no file or folder here has this path, .*; if it is a path, check it/,
  ],
])('%s ends with what to do, and nothing is written', async (_, model, says) => {
  const ended = await holdfast(line('out', model), '', { env: env() });
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(says) });
});

test('a model of an unknown family is refused before its weights are downloaded', async () => {
  const config = join(hub.models[ID]!, 'config.json');
  await writeFile(config, (await readFile(config, 'utf8')).replace('"esm"', '"llama"'));
  expect(await holdfast(line('out'), '', { env: env() })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /esm2_tiny: has the model type "llama", which is not known; known are ESM-2/,
    ),
  });
  expect(hub.requests.some(({ path }) => /safetensors/.test(path))).toBe(false);
});

test('models get downloads, and says where; models check shows what works, and why something does not', async () => {
  const got = await said('models', 'get', ID);
  expect(got).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^facebook\/esm2_tiny@[0-9a-f]{40}: \/.*\n$/),
  });
  expect(got.stderr).toMatch(/^[\d-]+ [\d:]+ downloaded facebook\/esm2_tiny: \d.* in \//m);
  for (const steering of ['{', '\r', '\x1b']) expect(got.stderr).not.toContain(steering);
  const check = await said('models', 'check', ID);
  expect(check.code, check.stderr).toBe(0);
  expect(check.stdout).toMatch(/^model +facebook\/esm2_tiny\ncommit +[0-9a-f]{40}\n/);
  expect(check.stdout).toMatch(
    /row +32 numbers: mean of last_hidden_state\n.*\nweights +\d.* kB\ntrial +passed on cpu\n$/,
  );
  const { code, stdout } = await said('models', 'check', ID, '--json');
  expect([code, JSON.parse(stdout)]).toMatchObject([
    0,
    { model: ID, dim: 32, max_residues: 1022, device: 'cpu' },
  ]);
  const folderOf = got.stdout.split(': ')[1]!.trim();
  await writeFile(join(folderOf, 'config.json'), '{');
  expect(await said('models', 'check', ID)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/config\.json: is not a JSON object/),
  });
});

test('a finished run whose model has left the cache is complete at once; no other request is', async () => {
  expect(await holdfast(line('out'), '', { env: env() })).toMatchObject({ code: 0, stderr: '' });
  await rm(join(folder, 'hf'), { recursive: true });
  const asked = hub.requests.length;
  const offline = { env: env({ HF_HUB_OFFLINE: '1' }) };
  for (const options of [{ env: env() }, offline]) {
    const again = await holdfast([...line('out'), '--batch-tokens', 'auto'], '', options);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.lines.at(-1)).toMatchObject({ event: 'complete', already: true, sequences: 45 });
  }
  expect(hub.requests).toHaveLength(asked);
  const other = join(folder, 'other.faa');
  await writeFile(other, '>a\nMKTAYIAK\n');
  const [, , ...rest] = line('out');
  for (const [args, says] of [
    [['embed', other, ...rest], /holds another run.*content of input 1/],
    [[...line('out'), '--shards', '2'], /holds another run.*--shards/],
    [[...line('out'), '--pooling', 'max'], /is not in the cache/],
    [[...line('out'), '--precision', 'int8'], /is not in the cache/],
    [line('out', `${ID}@v2`), /is not in the cache/],
    [[...line('out'), '--format', 'npy'], /is not in the cache/],
    [[...line('out'), '--force-restart'], /is not in the cache/],
  ] as const)
    expect(await holdfast(args, '', offline)).toMatchObject({ code: 2, stderr: expect.stringMatching(says) });
  const rows = join(folder, 'out', 'embeddings.safetensors');
  const bytes = await readFile(rows);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(rows, bytes);
  const damaged = await holdfast(line('out'), '', offline);
  expect(damaged).toMatchObject({ code: 2, stderr: expect.stringMatching(/is not in the cache/) });
});

test('a commit of a run that the hub no longer has is told from one that the user named', async () => {
  await killedAfter('checkpoint', line('out'), { env: env() });
  await rm(join(folder, 'hf'), { recursive: true });
  await writeFile(join(hub.models[ID]!, 'README.md'), 'another commit');
  const gone = await holdfast(line('out'), '', { env: env() });
  expect(gone.code).toBe(2);
  expect(gone.stderr).toMatch(
    /esm2_tiny: the run began with the commit [0-9a-f]{40}, which is neither in the cache nor on the hub any more .*--force-restart/,
  );
  expect(gone.stderr).not.toMatch(/leave out/);
  expect(await holdfast(line('new', `${ID}@${'0'.repeat(40)}`), '', { env: env() })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/leave out @0{40}/),
  });
});
