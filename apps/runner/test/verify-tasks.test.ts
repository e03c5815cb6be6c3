import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kindOf } from '@holdfast/verify';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshFolder, holdfast, standing } from './command.js';
import { optionsOf, planned, type SlowRun, slowRun, tasksOf } from './tasks.js';
import { faultsOf, look, said } from './verify-run.js';

let run: SlowRun;
let out: string;
beforeAll(async () => {
  run = await slowRun(120);
});
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
  await planned(optionsOf(run, out));
});

const { startOf, end } = tasksOf(() => out);
// A test that fails must not leave a task that stands still.
afterEach(end);

const PYTHON = '/usr/bin/python3';
const READER = fileURLToPath(new URL('../../../tooling/docs/on-disk.py', import.meta.url));
const missing = spawnSync(PYTHON, ['-c', '']).status !== 0;

/** Files of no known kind. */
async function strangers(): Promise<string[]> {
  const found = await readdir(out, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(out.length + 1))
    .filter((path) => kindOf(path) === null);
}

test('tasks at work, a killed one among them, and joined: whole so far, and every file is of a known kind', async () => {
  expect(faultsOf(await look(out))).toEqual([]);
  const killed = startOf(2, 0, 'checkpoint');
  await standing(killed, 'checkpoint');
  killed.killGroup();
  await killed.ended;
  const tasks = [startOf(0), startOf(1), startOf(2, 1)];
  let over = false;
  const ended = Promise.all(tasks.map((task) => task.ended)).finally(() => {
    over = true;
  });
  const states = new Set<string>();
  await tasks[0]!.until('checkpoint');
  while (!over) {
    const report = await look(out);
    expect(faultsOf(report)).toEqual([]);
    states.add(`${report.state} ${report.at_work}`);
    expect(await strangers()).toEqual([]);
  }
  expect((await ended).map(({ code }) => code)).toEqual([0, 0, 0]);
  expect(states).toContain('unfinished true');
  expect((await holdfast(['join', out])).code).toBe(0);
  const report = await look(out);
  expect(report).toMatchObject({ state: 'complete', ok: true });
  expect(report.checks.find(({ check }) => check === 'cluster')).toEqual({
    check: 'cluster',
    state: 'whole',
    says: 'cluster/work.json: whole',
  });
  expect(report.notes.filter((note) => note.includes('no run leaves'))).toEqual([]);
  if (missing) return console.warn('LEFT OUT: there is no Python for the reader of docs/on-disk.md');
  const { status, stdout, stderr } = spawnSync(PYTHON, [READER, out], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ sequences: 120, shards: 12, tasks: 3 });
});

test('what tasks go by is checked, and --repair sets it aside', async () => {
  const work = join(out, 'cluster', 'work.json');
  const text = await readFile(work, 'utf8');
  await writeFile(work, text.replace('"slots": 1', '"slots": 2'));
  const { code, text: shown } = await said(['verify', out]);
  expect(code).toBe(5);
  expect(shown).toMatch(/cluster\/work\.json: its checksum is wrong\n {2}→ type the holdfast submit line/);
  await writeFile(join(out, 'cluster', 'jobs.json'), '{"run":"x"}\n');
  const report = await look(out, { repair: true });
  expect(faultsOf(report)).toEqual([
    'cluster/work.json: its checksum is wrong',
    'cluster/jobs.json: it has no checksum',
  ]);
  expect(report.repair!.moved).toEqual(['cluster/work.json.corrupt', 'cluster/jobs.json.corrupt']);
  expect(await planned(optionsOf(run, out))).toHaveLength(12);
  expect(faultsOf(await look(out))).toEqual([]);
  expect(await strangers()).toEqual([]);
});

test('--repair is refused while a task is at work, and nothing is moved', async () => {
  const task = startOf(0, 0, 'checkpoint');
  await standing(task, 'checkpoint');
  await writeFile(join(out, 'cluster', 'work.json'), '{}');
  const { code, stderr } = await said(['verify', out, '--repair']);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/tasks of this run are at work.*holdfast cancel/),
  ]);
  expect(await readFile(join(out, 'cluster', 'work.json'), 'utf8')).toBe('{}');
});
