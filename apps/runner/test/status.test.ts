import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Status } from '@holdfast/status';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  digestOf,
  fixture,
  freshFolder,
  goOn,
  holdfast,
  madeModel,
  type Running,
  type StartOptions,
  standing,
  start as startCommand,
  windows,
} from './command.js';
import { everything } from './everything.js';
import { childrenOf, eventually } from './processes.js';

// Real runs, looked at by a real `holdfast status`.

const BIN = fileURLToPath(new URL('../bin/holdfast.js', import.meta.url));
const COUNT = 20_000;

/** A test that fails must not leave a command that stands still. */
const started: Running[] = [];
afterEach(() => {
  for (const running of started.splice(0))
    try {
      running.killGroup();
    } catch {
      // It has ended.
    }
});
const start: typeof startCommand = (...args) => {
  const running = startCommand(...args);
  started.push(running);
  return running;
};

let reads: string;
let whole: string;
let out: string;
beforeAll(async () => {
  reads = await windows(COUNT);
  const undisturbed = join(await freshFolder(), 'out');
  expect(await holdfast(line(undisturbed))).toMatchObject({ code: 0 });
  whole = await digestOf(undisturbed);
});
beforeEach(async () => {
  out = join(await freshFolder(), 'out');
});

const line = (to: string) => [
  ...['embed', reads, '--out', to, '--workers', '2', '--shards', '4'],
  ...['--seq-threshold', '100', '--batch-tokens', '4000'],
];

interface Shown {
  code: number;
  stdout: string;
  stderr: string;
}

function shown(args: readonly string[], { under = [], ...options }: StartOptions = {}): Promise<Shown> {
  const [program, ...rest] = [...under, process.execPath, BIN, 'status', ...args] as [string, ...string[]];
  return new Promise((resolve) => {
    execFile(program, rest, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function statusOf(dir: string, options: StartOptions = {}): Promise<Status> {
  const { code, stdout, stderr } = await shown([dir, '--json'], options);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Status;
}

/** A run that stands still once it has made a checkpoint. */
async function held(): Promise<Running> {
  const running = start(line(out), { standAt: 'checkpoint' });
  await standing(running, 'checkpoint');
  return running;
}

/** The names of all fields, except of counts by kind. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const byKind =
      name === 'kinds' || (name === 'failures' && typeof Object.values(field as object)[0] === 'number');
    return [name, ...(byKind && !('newest' in (field as object)) ? [] : fieldsOf(field))];
  });
}

test('a running command is told of, with what it has done, and is not disturbed', async () => {
  const running = await held();
  const { pid } = running.child;
  const status = await statusOf(out);
  expect(status).toMatchObject({
    state: 'running',
    command: { running: true, known_by: 'lock', host: hostname(), pid },
    phase: 'embedding',
    sequences_total: COUNT,
    failures: { failures: 0, retries: 0 },
    quarantined: { sequences: 0 },
    notes: [],
  });
  expect(status.sequences_done).toBeGreaterThan(0);
  expect(status.sequences_done).toBeLessThan(COUNT);
  expect(status.shards.reduce((sum, { sequences_total }) => sum + sequences_total!, 0)).toBe(COUNT);
  expect(status.seconds_since_checkpoint).toBeGreaterThanOrEqual(0);
  const workers = childrenOf(pid!, 'worker.js');
  expect(status.workers.map((each) => each.pid).sort()).toEqual(workers.sort());
  const page = await readFile(fileURLToPath(new URL('../../../docs/status.md', import.meta.url)), 'utf8');
  expect([...new Set(fieldsOf(status))].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  const { code, stdout } = await shown([out]);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^.*: running, \d+\.\d%\n {2}command {5}process \d+ on /),
  ]);
  goOn(running);
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(await digestOf(out)).toBe(whole);
  expect(await readdir(out)).not.toContain('.holdfast-heartbeat');
});

test('a killed one is stopped, nothing in it changes by looking, and the command that is told completes it', async () => {
  const running = await held();
  running.killGroup();
  await running.ended;
  const before = everything(out);
  const status = await statusOf(out);
  expect(status).toMatchObject({
    state: 'stopped',
    command: { running: false, pid: running.child.pid, ended: null, workers_alive: false },
    workers: [],
    tokens_per_second: null,
  });
  expect(status.sequences_embedded).toBe(status.sequences_done);
  expect(everything(out)).toEqual(before);
  const script = `holdfast() { "$NODE" "$BIN" "$@"; }; ${status.next.command}`;
  const rerun = spawnSync('sh', ['-c', script], { env: { ...process.env, NODE: process.execPath, BIN } });
  expect(rerun.status).toBe(0);
  expect(await digestOf(out)).toBe(whole);
  const complete = await statusOf(out);
  expect(complete).toMatchObject({
    state: 'complete',
    sequences_done: COUNT,
    sequences_total: COUNT,
    result: {
      sequences: COUNT,
      dim: 136,
      files: ['embeddings.safetensors', 'ids.txt', 'sequences.tsv'].map((name) => join(out, name)),
    },
    next: { command: expect.stringMatching(/^holdfast dashboard /) },
  });
});

test('workers that outlive their command are told of', async () => {
  const running = await held();
  const workers = childrenOf(running.child.pid!, 'worker.js');
  for (const pid of workers) process.kill(pid, 'SIGSTOP');
  running.child.kill('SIGKILL');
  await once(running.child, 'exit');
  const status = await statusOf(out);
  expect(status).toMatchObject({ state: 'stopped', command: { running: false, workers_alive: true } });
  expect(status.next.text).toMatch(/its workers are still saving/);
  for (const pid of workers) process.kill(pid, 'SIGKILL');
  await running.ended;
});

test('a worker that was killed is told of, with the reason and the retry', async () => {
  const running = await held();
  process.kill(childrenOf(running.child.pid!, 'worker.js')[0]!, 'SIGKILL');
  goOn(running);
  await running.until('retry');
  running.child.kill('SIGSTOP');
  // The log is written a moment after the line.
  let status = await statusOf(out);
  while (status.failures.retries === 0 && running.child.exitCode === null) {
    running.child.kill('SIGCONT');
    status = await statusOf(out);
  }
  expect(status.failures).toMatchObject({ failures: 1, retries: 1, at_least: false });
  expect(status.failures.newest).toContainEqual(
    expect.objectContaining({
      event: 'failed',
      kind: 'spot_preemption',
      message: expect.stringContaining('SIGKILL'),
    }),
  );
  running.child.kill('SIGCONT');
  expect(await running.ended).toMatchObject({ code: 0 });
});

test('a signal that stopped it, and a shard that was given up, are told of with their reasons', async () => {
  const running = await held();
  running.child.kill('SIGTERM');
  goOn(running);
  await running.ended;
  expect(await statusOf(out)).toMatchObject({ state: 'stopped', command: { ended: 'stopped by SIGTERM' } });
  const env = { NODE_OPTIONS: `--import ${pathToFileURL(fixture('exit-on-shard.mjs'))}`, EXIT_ON_SHARD: '3' };
  expect(await holdfast(line(out), '', { env })).toMatchObject({ code: 4 });
  const status = await statusOf(out);
  expect(status).toMatchObject({
    state: 'failed',
    reason: '1 of 4 shards is out of retries',
    command: { running: false, ended: expect.stringMatching(/^shard 3 failed \(transient\)/) },
  });
  expect(status.shards.map((each) => each.status)).toEqual(['complete', 'complete', 'complete', 'failed']);
  expect(status.shards[3]!.error).toMatch(/exited with code 1/);
  expect(status.failures.newest).toContainEqual(
    expect.objectContaining({ event: 'shard_failed', shard: 3, kind: 'transient' }),
  );
});

test('quarantined sequences are told of by ID and reason', async () => {
  const model = await madeModel('make-not-a-number.mjs');
  const input = join(dirname(out), 'in.fa');
  await writeFile(input, '>a\nACGT\n>b\nAACC\n>c\nACNT\n>d\nACCC\n');
  const args = ['embed', input, '--out', out, '--model', model, '--workers', '1', '--batch-tokens', '8'];
  expect(await holdfast(args)).toMatchObject({ code: 3 });
  expect(await statusOf(out)).toMatchObject({
    state: 'complete',
    quarantined: {
      sequences: 1,
      at_least: false,
      kinds: { poison_input: 1 },
      first: [{ id: 'c', ordinal: 2, error: 'not-a-number gave NaN in column 1' }],
      table: join(out, 'quarantine.tsv'),
    },
  });
  // Without the result, the logs say so.
  await rm(join(out, 'result.json'));
  const { quarantined } = await statusOf(out);
  expect(quarantined).toMatchObject({ sequences: 1, first: [{ id: 'c', ordinal: 2 }], table: null });
});

describe('while the input is read', () => {
  /** A command whose input does not end. */
  async function reading(...more: string[]): Promise<Running> {
    const running = start(['embed', '-', '--out', out, ...more]);
    running.child.stdin!.write(`>z\n${'ACGT'.repeat(1 << 18)}\n>end\nAC`);
    await running.until('indexing');
    return running;
  }

  test('that is told, and that nothing was embedded if it is killed then', async () => {
    const running = await reading();
    let status = await statusOf(out);
    while (status.input === null) status = await statusOf(out);
    expect(status).toMatchObject({
      state: 'planning',
      command: { running: true, pid: running.child.pid },
      phase: 'planning',
      input: { file: '-' },
      sequences_total: null,
    });
    running.killGroup();
    await running.ended;
    expect(await statusOf(out)).toMatchObject({
      state: 'stopped',
      reason: expect.stringMatching(/nothing was embedded/),
    });
    // And the folder can be used as before.
    expect(await holdfast(['embed', fixture('messy.fa'), '--out', out])).toMatchObject({ code: 0 });
    expect(await readdir(out)).not.toContain('.holdfast-heartbeat');
  });

  test('a run that a restart is to replace is not told of as complete', async () => {
    expect(await holdfast(['embed', fixture('messy.fa'), '--out', out])).toMatchObject({ code: 0 });
    const running = await reading('--force-restart');
    expect(await statusOf(out)).toMatchObject({
      state: 'replacing',
      reason: null,
      command: { running: true },
    });
    running.killGroup();
    await running.ended;
    expect(await statusOf(out)).toMatchObject({
      state: 'replacing',
      reason: expect.stringMatching(/has ended/),
      next: { text: expect.stringMatching(/without --force-restart/) },
    });
  });

  test('a command that is refused leaves no heartbeat, and no folder', async () => {
    const running = await reading();
    running.child.stdin!.end('1\n');
    expect(await running.ended).toMatchObject({ code: 2 });
    expect(readdirSync(dirname(out))).toEqual([]);
  });
});

describe('a folder that may only be read', () => {
  const mountable = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
  const user = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  const mounted = (): StartOptions => ({
    under: [
      ...['unshare', '-rm', 'sh', '-c'],
      'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"',
      'sh',
      out,
    ],
  });

  test.each<[string, boolean, () => StartOptions]>([
    ["another user's", true, () => user],
    ['a read-only mount', mountable, mounted],
  ])('%s: complete, or killed, and unchanged', async (_what, possible, options) => {
    if (!possible) return;
    const running = await held();
    running.killGroup();
    await running.ended;
    // Another user must be able to come as far as the folder.
    for (const path of [dirname(dirname(out)), dirname(out)]) await chmod(path, 0o755);
    for (const state of ['stopped', 'complete'] as const) {
      if (state === 'complete') expect(await holdfast(line(out))).toMatchObject({ code: 0 });
      await chmod(out, 0o555);
      const before = everything(out);
      expect((await statusOf(out, options())).state).toBe(state);
      expect(everything(out)).toEqual(before);
      await chmod(out, 0o755);
    }
  });
});

test.each<[what: string, prepare: () => Promise<void>, says: RegExp]>([
  ['missing', async () => undefined, /no run of Holdfast here: it does not exist/],
  ['a file', () => writeFile(out, ''), /it is a file, not a folder/],
  [
    'of something else',
    async () => {
      await mkdir(join(out, 'sub'), { recursive: true });
      await writeFile(join(out, 'notes.txt'), '');
    },
    /it holds notes\.txt, sub; to begin one: holdfast embed INPUT --out /,
  ],
])('a folder that is %s ends with exit code 2', async (_what, prepare, says) => {
  await prepare();
  const { code, stdout, stderr } = await shown([out]);
  expect([code, stdout, stderr]).toEqual([2, '', expect.stringMatching(says)]);
  const json = await shown([out, '--json']);
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([2, { state: 'none', command: null }]);
});

test('a folder of runs names them', async () => {
  expect(await holdfast(['embed', fixture('messy.fa'), '--out', join(out, 'first')])).toMatchObject({
    code: 0,
  });
  expect((await shown([out])).stderr).toMatch(/these folders in it do: first;/);
});

test.each(['run_16384', 'run_before_letters/proteins_run', 'run_before_letters/rna_run'])(
  'a run that an early version left (%s) is told of',
  async (name) => {
    await cp(fixture(name), out, { recursive: true });
    const status = await statusOf(out);
    expect(status.state).not.toBe('none');
    expect(status.sequences_total).toBeGreaterThan(0);
  },
);

test('a watch shows one status after the other, nothing goes backwards, and it ends with the run', async () => {
  const running = await held();
  const watching = start(['status', out, '--watch', '--json']);
  const seen: Status[] = [];
  watching.onLine((each) => void seen.push(each as unknown as Status));
  await eventually(() => seen.length > 0);
  goOn(running);
  expect(await running.ended).toMatchObject({ code: 0 });
  expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
  const done = seen.map((each) => each.sequences_done!);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(seen.map(({ state }) => state)).toEqual(expect.arrayContaining(['running', 'complete']));
});

test('Ctrl-C ends a watch with exit code 0, and the run goes on', async () => {
  const running = await held();
  const watching = start(['status', out, '--watch', '--json']);
  const seen: unknown[] = [];
  watching.onLine((each) => void seen.push(each));
  await eventually(() => seen.length > 0);
  watching.child.kill('SIGINT');
  expect(await watching.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  goOn(running);
  expect(await running.ended).toMatchObject({ code: 0 });
});
