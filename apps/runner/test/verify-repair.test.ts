import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import { reportLines } from '@holdfast/verify';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, freshFolder, holdfast, killedAt, start, windows } from './command.js';
import { countedFiles, PLANTS, type Plant, type Planted } from './verify-plants.js';
import { faultsOf, look, said } from './verify-run.js';

let run: Planted;
let whole: string;
let input: string;
const line = (out: string) => [
  ...['embed', input, '--out', out, '--shards', '3', '--seq-threshold', '60', '--workers', '1'],
  ...['--batch-tokens', '2000'],
];
beforeAll(async () => {
  input = await windows(400);
  const out = join(await freshFolder(), 'out');
  expect(await holdfast(line(out))).toMatchObject({ code: 0 });
  const manifest = JSON.parse(await readFile(join(out, 'checkpoints/manifest.json'), 'utf8'));
  // As it is before any checkpoint.
  const shard = {
    ...manifest.shards[0],
    status: 'in_progress',
    last_checkpoint_batch: -1,
    total_sequences: 0,
  };
  const shards = Object.fromEntries([0, 1, 2].map((rank) => [rank, { ...shard, checkpoints: [] }]));
  const { crc32: _, ...older } = { ...manifest, shards };
  const olderManifest = Buffer.from(JSON.stringify(older));
  const ofAnotherRun = join(out, 'checkpoints/shard_0/batch_00000.pt');
  run = { out, files: await countedFiles(out), olderManifest, ofAnotherRun, dim: 136 };
  whole = await digestOf(out);
});

async function copy(): Promise<string> {
  const out = join(await freshFolder(), 'out');
  await cp(run.out, out, { recursive: true });
  return out;
}

/** The content of every file, for a file that was moved keeps it. */
async function contents(out: string, within = ''): Promise<Set<string>> {
  const found = new Set<string>();
  for (const entry of await readdir(join(out, within), { recursive: true, withFileTypes: true }))
    if (entry.isFile() && !entry.name.startsWith('manifest') && !/^\.|\.log$/.test(entry.name))
      found.add((await readFile(join(entry.parentPath, entry.name))).toString('base64'));
  return found;
}

const kinds = Object.keys(PLANTS) as Plant['kind'][];

test.each(kinds.filter((kind) => kind !== 'ofAnotherRun'))(
  '--repair after %s deletes nothing, and the same command gives the bytes of an undisturbed run',
  async (kind) => {
    const out = await copy();
    await PLANTS[kind]({ ...run, out }, { file: 0.62, place: 0.5, value: 0.5 });
    const before = await contents(out);
    const report = await look(out, { repair: true });
    expect(report).toMatchObject({ ok: true, repair: { left: [] } });
    expect(Object.keys(report.fault_counts)).not.toEqual([]);
    const after = await contents(out);
    expect([...before].filter((content) => !after.has(content))).toEqual([]);
    const again = await look(out);
    // An index that was moved aside is missing until the next run.
    expect(again.faults.filter(({ check }) => check !== 'index')).toEqual([]);
    expect(await holdfast(line(out))).toMatchObject({ code: 0 });
    expect(await digestOf(out)).toBe(whole);
    expect(faultsOf(await look(out))).toEqual([]);
  },
);

test('it says which shards and how many sequences the next run embeds again, and the run embeds those', async () => {
  const out = await copy();
  await rm(join(out, 'checkpoints/shard_1/batch_00001.pt'));
  await writeFile(join(out, 'ids.txt'), '');
  const { repair, ...report } = await look(out, { repair: true });
  const [again] = repair!.shards;
  expect(repair).toMatchObject({ shards: [{ shard: 1 }], join: true, index: false });
  expect(again!.sequences).toBeGreaterThan(0);
  expect(reportLines({ ...report, repair })).toContain(
    `the next run embeds ${again!.sequences} sequences of shard 1 again and joins the result`,
  );
  expect(repair!.moved).toContain('result.json.corrupt');
  const { lines } = await holdfast(line(out));
  const planned = lines.find(({ event }) => event === 'planned');
  expect(planned).toMatchObject({ resumed: true, sequences_done: 400 - again!.sequences });
  // What was set aside is removed once the result has all rows.
  expect((await readdir(out, { recursive: true })).filter((name) => name.includes('.corrupt'))).toEqual([]);
});

test.each([
  ['rename', 'embeddings\\.safetensors$'],
  ['rename', 'batch_00001\\.pt\\.done$'],
  ['rename', 'batch_00001\\.pt$'],
  ['rename', 'batch_00000\\.pt$'],
  ['copyFile', 'manifest\\.json$'],
  ['rename', 'manifest\\.json\\.tmp$'],
  ['rename', '/index$'],
])(
  '--repair that is killed at the %s of %s: the same command still gives the same bytes',
  async (at, name) => {
    const out = await copy();
    const plant = { ...run, out };
    await PLANTS.rowsExchangedInResult(plant, { file: 0, place: 0.3, value: 0 });
    // Rows are compared only where the checkpoints are whole.
    if (!name.startsWith('embeddings'))
      await writeFile(join(out, 'checkpoints/shard_1/batch_00000.pt'), 'nothing');
    if (name === '/index$') await writeFile(join(out, 'index/order.bin'), 'nothing');
    const env = killedAt(at, name);
    // Its output is not events, and there is none.
    expect(await holdfast(['verify', out, '--repair'], '', { env })).toMatchObject({ signal: 'SIGKILL' });
    expect(await holdfast(line(out))).toMatchObject({ code: 0 });
    expect(await digestOf(out)).toBe(whole);
    expect(faultsOf(await look(out))).toEqual([]);
  },
);

test('it is refused while a run is at work there', async () => {
  const out = await copy();
  await rm(join(out, 'ids.txt'));
  await using _lock = await FileLock.acquire(join(out, '.lock'));
  const { code, stderr } = await said(['verify', out, '--repair']);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/is in use by another command/)]);
  expect(await readdir(out)).not.toContain('result.json.corrupt');
  // Without --repair no lock is needed.
  expect(await said(['verify', out])).toMatchObject({ code: 5 });
});

test('it moves nothing where run.json is of another run, and says what to do', async () => {
  const out = await copy();
  const other = join(await freshFolder(), 'other');
  expect(await holdfast([...line(other).slice(0, -1), '700'])).toMatchObject({ code: 0 });
  await cp(join(other, 'run.json'), join(out, 'run.json'));
  const report = await look(out, { repair: true });
  expect(report).toMatchObject({ ok: false, repair: { moved: [] } });
  expect(report.faults[0]).toMatchObject({
    file: 'run.json',
    problem: expect.stringMatching(/^it is of run .*, but checkpoints\/shard_\d of run /),
    remedy: expect.stringMatching(/^restore the run's own run\.json/),
  });
  await cp(join(run.out, 'run.json'), join(out, 'run.json'));
  expect(faultsOf(await look(out))).toEqual([]);
});

test('a damaged index alone is made again from the input, though the result was whole', async () => {
  const out = await copy();
  await writeFile(join(out, 'index/order.bin'), 'nothing');
  const report = await look(out, { repair: true });
  expect(report).toMatchObject({ ok: true, repair: { index: true, join: true, shards: [] } });
  expect(report.repair!.moved.sort()).toEqual(['index.corrupt', 'result.json.corrupt']);
  expect(await holdfast(line(out))).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(whole);
  expect(faultsOf(await look(out))).toEqual([]);
  expect((await readdir(out)).filter((name) => name.includes('.corrupt'))).toEqual([]);
});

test('where all is whole it does nothing', async () => {
  const out = await copy();
  const { code, text } = await said(['verify', out, '--repair']);
  expect(code).toBe(0);
  expect(text).toMatch(/\nthe next run has nothing to do again\n\n.* is whole: nothing to repair\.\n$/);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s ends it with %d while it waits for the workers of a killed command', async (signal, code) => {
  const out = await copy();
  await using _worker = await FileLock.acquire(join(out, '.workers.lock'), { shared: true });
  const running = start(['verify', out, '--repair']);
  let stderr = '';
  await new Promise<void>((resolve) => {
    running.child.stderr!.on('data', (text) => {
      stderr += text;
      if (stderr.includes('waiting for the workers of an earlier run')) resolve();
    });
  });
  running.child.kill(signal);
  expect(await running.ended).toMatchObject({
    code,
    stderr: expect.stringMatching(
      /stopped by SIG.*what was moved aside stays aside, rerun the same command\n$/,
    ),
  });
});

test('a run that was killed and then damaged is mended too, and is whole so far behind --repair', async () => {
  const out = join(await freshFolder(), 'out');
  const running = start(line(out));
  let seen = 0;
  running.onLine(({ event }) => event === 'checkpoint' && ++seen === 5 && running.killGroup());
  await running.ended;
  const path = join(out, 'checkpoints/shard_0/batch_00000.pt');
  const bytes = await readFile(path);
  bytes[700]! ^= 4;
  await writeFile(path, bytes);
  await writeFile(join(out, 'run.json'), '{}');
  const report = await look(out, { repair: true });
  expect(report).toMatchObject({ ok: true, repair: { record: true, shards: [{ shard: 0 }], left: [] } });
  expect(report.repair!.moved).toContain('checkpoints/shard_0/batch_00000.pt.corrupt');
  expect(report.repair!.moved.length).toBeGreaterThan(1);
  expect(faultsOf(await look(out))).toEqual([expect.stringMatching(/^run\.json: /)]);
  expect(await holdfast(line(out))).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(whole);
  expect(faultsOf(await look(out))).toEqual([]);
});
