import { cp, readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, start } from './command.js';

const at = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
const PROTEINS = at('gpu-runtime/test/fixtures/globins45.faa');
const zoo = (name: string) => at(`model-zoo/test/fixtures/${name}`);

let folder: string;
let cache: string;
let model: string;
const out = (name: string) => join(folder, name);
const line = (name: string, ...more: string[]) => [
  'embed',
  PROTEINS,
  '--out',
  out(name),
  '--model',
  model,
  '--workers',
  '1',
  ...more,
];
const run = (name: string, HOLDFAST_CACHE = cache) => holdfast(line(name), '', { env: { HOLDFAST_CACHE } });
const kept = async (room: string) =>
  (await readdir(join(cache, room)).catch(() => [])).map((name) => join(cache, room, name));

beforeEach(async () => {
  folder = await freshFolder();
  cache = join(folder, 'cache');
  model = join(folder, 'model');
  await cp(zoo('esm2_tiny_hf'), model, { recursive: true });
});

test('a second run takes the kept verdict and says so; a damaged or missing cache changes no byte', async () => {
  const first = await run('a');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.lines.map(({ event }) => event)).toContain('trying_model');
  const second = await run('b');
  expect(second).toMatchObject({ code: 0, stderr: '' });
  expect(second.lines.find(({ event }) => event === 'model_passed_before')).toMatchObject({
    model,
    device: 'cpu',
    passed_at: expect.stringMatching(/^\d{4}-/),
  });
  expect(second.lines.map(({ event }) => event)).not.toContain('trying_model');
  const [verdict] = await kept('trials');
  for (const file of [verdict!, ...(await kept('fingerprints'))]) await writeFile(file, '{"value":');
  const damaged = await run('c');
  const without = await run('d', PROTEINS);
  for (const ended of [damaged, without]) {
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.lines.map(({ event }) => event)).toContain('trying_model');
  }
  const digests = await Promise.all(['a', 'b', 'c', 'd'].map((name) => digestOf(out(name))));
  expect(new Set(digests).size).toBe(1);
});

/** Other weights under the name, with the size and the time of the old ones. */
async function swapWeights(): Promise<void> {
  const path = join(model, 'model.safetensors');
  const { atime, mtime } = await stat(path);
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(join(folder, 'new'), bytes);
  await utimes(join(folder, 'new'), atime, mtime);
  await rename(join(folder, 'new'), path);
}

test('weights that are replaced during a run are found by the next worker, and by a resume', async () => {
  // The worker is told the fingerprint once the files have rested.
  for (let i = 0; (await kept('fingerprints')).length === 0; i++) await run(`before-${i}`);
  const running = start(line('a', '--seq-threshold', '3'), { env: { HOLDFAST_CACHE: cache } });
  const { pid } = await running.until('spawned');
  await running.until('checkpoint');
  process.kill(Number(pid), 'SIGSTOP');
  await swapWeights();
  process.kill(Number(pid), 'SIGKILL');
  const ended = await running.ended;
  expect(ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/Restore the original model/) });
  expect(JSON.stringify(ended.lines)).toMatch(/the model has changed since the run was planned/);
  const resumed = await run('a');
  expect(resumed).toMatchObject({ code: 2, stderr: expect.stringMatching(/model/) });
});
