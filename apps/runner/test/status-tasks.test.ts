import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Status } from '@holdfast/status';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshFolder, goOn, holdfast, type Running, standing } from './command.js';
import { everything } from './everything.js';
import { optionsOf, planned, type SlowRun, slowRun, stopAtWork, tasksOf } from './tasks.js';

// Real tasks, looked at by a real `holdfast status`.

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const COUNT = 60;
let run: SlowRun;
let out: string;
beforeAll(async () => {
  run = await slowRun(COUNT);
});
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const { startOf, end } = tasksOf(() => out);
// A test that fails must not leave a task that stands still.
afterEach(end);

function shown(...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [BIN, 'status', out, ...args], (error, stdout, stderr) => {
      if (error === null && stderr === '') resolve(stdout);
      else reject(new Error(stderr, { cause: error }));
    });
  });
}

const status = async () => JSON.parse(await shown('--json')) as Status;

test('planned, at work on two nodes, killed, computed, complete', async () => {
  await planned(optionsOf(run, out));
  expect(await status()).toMatchObject({
    state: 'planned',
    sequences_done: 0,
    sequences_total: COUNT,
    cluster: { submitted: false, lease_seconds: 120, tasks: [] },
    next: { command: `holdfast work ${out}` },
    notes: [],
  });

  const tasks: Running[] = [];
  for (const number of [0, 1]) {
    const task = startOf(number, 0, 'checkpoint');
    tasks.push(task);
    await standing(task, 'checkpoint');
    // It may hold the lock that the other needs.
    await stopAtWork(task, out);
  }
  const before = everything(out);
  const running = await status();
  expect(running).toMatchObject({ state: 'running', reason: '2 tasks on n0, n1', workers: [], notes: [] });
  expect(running.cluster!.tasks.map(({ task, state }) => [task, state]).sort()).toEqual([
    ['900_0', 'working'],
    ['900_1', 'working'],
  ]);
  expect(running.sequences_done).toBeGreaterThan(0);
  expect(await shown()).toMatch(/^.*: running, \d+\.\d%: 2 tasks on n0, n1\n {2}sequences /);
  expect(everything(out)).toEqual(before);
  const page = await readFile(fileURLToPath(new URL('../../../docs/status.md', import.meta.url)), 'utf8');
  const fields = Object.keys(running.cluster!.tasks[0]!);
  expect(fields.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);

  for (const task of tasks) task.killGroup();
  await Promise.all(tasks.map(({ ended }) => ended));
  const killed = await status();
  expect(killed).toMatchObject({ state: 'stopped', command: { running: false, workers_alive: false } });
  expect(killed.reason).toMatch(/^no task is at work, \d+ of 12 shards left$/);
  expect(killed.cluster!.tasks.map(({ state }) => state)).toEqual(['killed', 'killed']);
  expect(killed.sequences_embedded).toBe(killed.sequences_done);

  const again = [startOf(0, 1), startOf(1, 1)].map(({ ended }) => ended);
  for (const { code } of await Promise.all(again)) expect(code).toBe(0);
  expect(await status()).toMatchObject({ state: 'computed', next: { command: `holdfast join ${out}` } });
  expect((await holdfast(['join', out])).code).toBe(0);
  expect(await status()).toMatchObject({ state: 'complete', sequences_done: COUNT });
});

test('failures in the logs of tasks are told of', async () => {
  await planned(optionsOf(run, out));
  const task = startOf(0, 0, 'checkpoint');
  await standing(task, 'checkpoint');
  const worker = readFileSync(join(out, 'logs', 'task_900_0', 'worker_0.log'), 'utf8');
  process.kill(Number(/"event":"spawned".*?"pid":(\d+)/.exec(worker)![1]), 'SIGKILL');
  goOn(task);
  // It may have gone on with another shard.
  const { shard } = await task.until('retry');
  expect(await task.ended).toMatchObject({ code: 0 });
  const { failures } = await status();
  expect(failures).toMatchObject({ failures: 1, retries: 1 });
  expect(failures.newest[0]).toMatchObject({ task: '900_0', slot: 0, shard });
});

test('a damaged record of the plan is told of, with the remedy', async () => {
  await planned(optionsOf(run, out));
  await writeFile(join(out, 'cluster', 'work.json'), '{}');
  const { state, notes } = await status();
  expect([state, notes]).toEqual([
    'planned',
    [expect.stringMatching(/cluster\/work\.json is damaged.*holdfast submit again/)],
  ]);
});
