import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import { beforeAll, expect, test } from 'vitest';
import { digestOf, freshFolder, goOn, holdfast, standing, start } from './command.js';
import { eventually, opened } from './processes.js';
import {
  argumentsOf,
  embedded,
  optionsOf,
  planned,
  type SlowRun,
  slowRun,
  startTask,
  stopAtWork,
} from './tasks.js';

const COUNT = 72;
let run: SlowRun;
let expected: string;
beforeAll(async () => {
  run = await slowRun(COUNT);
  const out = join(run.folder, 'local');
  expect((await holdfast(['embed', ...argumentsOf(run, out)])).code).toBe(0);
  expected = await resultOf(out);
});

/** What the result of a run is, but for its record, which has dates and hosts. */
const resultOf = async (out: string) =>
  `${await digestOf(out)} ${await readFile(join(out, 'sequences.tsv'), 'utf8')}`;

const freshOut = async () => join(await freshFolder(), 'out');

/** Each file of the checkpoints, with what tells whether it was touched. */
async function files(out: string): Promise<string[]> {
  const found = await readdir(join(out, 'checkpoints'), { recursive: true, withFileTypes: true });
  return Promise.all(
    found
      .filter((entry) => entry.isFile() && entry.name.startsWith('batch_'))
      .map(async ({ parentPath, name }) => {
        const { ino, mtimeMs, size } = await stat(join(parentPath, name));
        return `${parentPath}/${name} ${ino} ${mtimeMs} ${size}`;
      }),
  ).then((lines) => lines.sort());
}

async function expectJoined(out: string): Promise<void> {
  const { code, stderr } = await holdfast(['join', out]);
  expect([code, stderr]).toEqual([0, '']);
  expect(await resultOf(out)).toBe(expected);
  const names = await readdir(join(out, 'checkpoints'), { recursive: true });
  expect(names.filter((name) => name.includes('claim_'))).toEqual([]);
}

test('three tasks share the shards, none is computed twice, and the result is that of one machine', async () => {
  const out = await freshOut();
  expect(await planned(optionsOf(run, out))).toHaveLength(12);
  const tasks = await Promise.all([0, 1, 2].map((task) => startTask(out, task).ended));
  expect(tasks.map(({ code, stderr }) => [code, stderr])).toEqual([0, 1, 2].map(() => [0, '']));
  const shards = tasks.map(({ lines }) =>
    lines.filter(({ event }) => event === 'shard_complete').map(({ shard }) => Number(shard)),
  );
  expect(shards.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, shard) => shard));
  expect(tasks.reduce((sum, { lines }) => sum + embedded(lines), 0)).toBe(COUNT);
  await expectJoined(out);
  expect(await readdir(join(out, 'cluster', 'tasks'))).toEqual(['900_0.json', '900_1.json', '900_2.json']);
  const beat = JSON.parse(await readFile(join(out, 'cluster', 'tasks', '900_1.json'), 'utf8'));
  expect(beat).toMatchObject({
    engine: 'slurm',
    job: '900_1',
    start: 1,
    node: 'n1',
    ended: { exit_code: 0 },
  });
});

test('a join before all is computed says what is missing, and changes nothing', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const { code, stderr } = await holdfast(['join', out]);
  expect(code).toBe(4);
  expect(stderr).toMatch(/12 of 12 shards are not complete \(0, 1, 2, 3, 4, …\).*holdfast submit again/);
  expect(await files(out)).toEqual([]);
});

test('a task that is told to end saves its rows, and its next start goes on from there', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const first = startTask(out, 0, 0, 'checkpoint');
  await standing(first, 'checkpoint');
  first.child.kill('SIGTERM');
  goOn(first);
  const before = await first.ended;
  expect(before.code).toBe(75);
  const after = await startTask(out, 0, 1).ended;
  expect(after.code).toBe(0);
  expect(embedded(before.lines) + embedded(after.lines)).toBe(COUNT);
  await expectJoined(out);
});

test('what a killed task had is taken by its next start, or by another task, at once', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const first = startTask(out, 0, 0, 'checkpoint');
  await standing(first, 'checkpoint');
  const shard = await stopAtWork(first, out);
  first.killGroup();
  await first.ended;
  const second = startTask(out, 0, 1, 'checkpoint');
  await standing(second, 'checkpoint');
  second.killGroup();
  const { lines } = await second.ended;
  expect(lines.find(({ event }) => event === 'resumed')).toMatchObject({ shard });
  const third = await startTask(out, 1).ended;
  expect([third.code, third.stderr]).toEqual([0, '']);
  await expectJoined(out);
});

test('a task that was cut off writes nothing once its shard is another’s', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out), { leaseSec: 2 });
  const stale = startTask(out, 0, 0, 'checkpoint');
  await standing(stale, 'checkpoint');
  const shard = await stopAtWork(stale, out);
  const { mtimeMs } = await stat(join(out, 'cluster', 'tasks', '900_0.json'));
  await eventually(() => Date.now() - mtimeMs > 2500);
  const other = await startTask(out, 1).ended;
  expect([other.code, other.stderr]).toEqual([0, '']);
  const messages = other.lines.filter(({ event }) => event === 'warning').map(({ message }) => message);
  expect(messages).toEqual([`shard ${shard} is taken over from task 900_0 (start 1) on n0`]);
  const before = await files(out);
  const beforeManifest = await readFile(join(out, 'checkpoints', 'manifest.json'), 'utf8');
  goOn(stale);
  const { code, lines, stderr } = await stale.ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(lines.filter(({ event }) => ['claim_lost', 'failed'].includes(event))).toMatchObject([
    { event: 'claim_lost', shard, message: expect.stringContaining('claimed by task 900_1') },
  ]);
  expect(await files(out)).toEqual(before);
  expect(await readFile(join(out, 'checkpoints', 'manifest.json'), 'utf8')).toBe(beforeManifest);
  await expectJoined(out);
});

test('it writes nothing even if the new owner has not come that far', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const stale = startTask(out, 0, 0, 'checkpoint');
  await standing(stale, 'checkpoint');
  const shard = await stopAtWork(stale, out);
  const next = startTask(out, 0, 1, 'resumed');
  expect((await standing(next, 'resumed'))['shard']).toBe(shard);
  await stopAtWork(next, out);
  const ofShard = async () => (await files(out)).filter((line) => line.includes(`/shard_${shard}/`));
  const before = await ofShard();
  goOn(stale);
  const { code, lines } = await stale.ended;
  expect(code).toBe(0);
  expect(lines.filter(({ event }) => ['claim_lost', 'failed'].includes(event))).toMatchObject([
    { event: 'claim_lost', shard },
  ]);
  expect(await ofShard()).toEqual(before);
  goOn(next);
  expect((await next.ended).code).toBe(0);
  await expectJoined(out);
});

test('a task that starts while embed is at work waits for it, and nothing is computed twice', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const embed = start(['embed', ...argumentsOf(run, out), '--workers', '1']);
  await embed.until('checkpoint');
  const [alone, task] = await Promise.all([embed.ended, startTask(out, 0).ended]);
  expect([alone.code, task.code, task.stderr]).toEqual([0, 0, '']);
  expect([embedded(alone.lines), embedded(task.lines)]).toEqual([COUNT, 0]);
  expect(await resultOf(out)).toBe(expected);
});

test('a join that starts while the folder is held waits: submit holds it for as long as it plans', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  expect((await startTask(out, 0).ended).code).toBe(0);
  const lock = await FileLock.acquire(join(out, '.lock'));
  const joining = start(['join', out]);
  await eventually(() => joining.child.exitCode !== null || opened(joining.child.pid!).includes(lock.path));
  await lock.release();
  const { code, stderr } = await joining.ended;
  expect([code, stderr]).toEqual([0, '']);
  expect(await resultOf(out)).toBe(expected);
});

test('a join that is typed while tasks work says so', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const task = startTask(out, 0, 0, 'checkpoint');
  await standing(task, 'checkpoint');
  await stopAtWork(task, out);
  const { code, stderr } = await holdfast(['join', out]);
  expect([code, stderr]).toEqual([4, expect.stringContaining('tasks are at work on them. Wait until')]);
  goOn(task);
  expect((await task.ended).code).toBe(0);
});

test('a damaged record of the work is named, with its remedy', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  for (const text of ['{"half', '{}']) {
    await writeFile(join(out, 'cluster', 'work.json'), text);
    const { code, stderr } = await holdfast(['work', out]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/work\.json is damaged .*holdfast submit again/),
    ]);
  }
});

test('embed goes on with a run that tasks have begun, once they have ended', async () => {
  const out = await freshOut();
  await planned(optionsOf(run, out));
  const task = startTask(out, 0, 0, 'shard_complete');
  await standing(task, 'shard_complete');
  task.killGroup();
  await task.ended;
  expect((await holdfast(['embed', ...argumentsOf(run, out)])).code).toBe(0);
  expect(await resultOf(out)).toBe(expected);
});

test('a folder without such a run is refused', async () => {
  const out = await freshFolder();
  for (const command of ['work', 'join']) {
    const { code, stderr } = await holdfast([command, out]);
    expect(code).toBe(2);
    expect(stderr).toContain('holds no run that was planned for several machines');
  }
});
