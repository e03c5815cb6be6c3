import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodePid, startCluster, startNode, stopCluster, whyNoSlurm } from '../cluster.mjs';
import { digests, listing, program, reached, Submitted, windows } from './submitted.js';

// Whole runs in a real Slurm with three nodes, all on this host.

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BIN = at('../../../apps/runner/bin/holdfast.js');
const without = whyNoSlurm();
if (without !== null) console.warn(`LEFT OUT: the tests in a real Slurm: ${without}`);

const SEQUENCES = 480;
/** 12 shards of 40 sequences, in batches of 4; a checkpoint every 8. */
const PLAN = ['--shards', '12', '--batch-tokens', '800', '--seq-threshold', '8', '--threads', '1'];
/** Milliseconds that a batch takes, so a shard takes two seconds: all tasks are at work before one of them is through. */
const SLOW = 200;
/** A machine that does other things is slower. */
const PATIENCE = { timeout: 300_000 };

let cluster: NodeJS.ProcessEnv;
let dir: string;
let input: string;
let expected: Record<string, string>;

beforeAll(async () => {
  if (without !== null) return;
  const folder = mkdtempSync(join(tmpdir(), 'in-'));
  input = join(folder, 'windows.fa');
  windows(SEQUENCES, input);
  const out = join(folder, 'local');
  await program(process.execPath, [BIN, 'embed', input, '--out', out, ...PLAN, '--workers', '2'], {});
  expected = digests(out);
  dir = mkdtempSync('/tmp/hf-slurm-');
  cluster = await startCluster(dir);
});

afterAll(async () => {
  if (dir !== undefined) await stopCluster(dir);
});

const slowRun = (slowMs = SLOW, ...more: string[]) =>
  new Submitted(cluster, [input, ...PLAN, ...more], slowMs);
/** With which each task has a node of its own. */
const WHOLE_NODE = ['--cpus-per-task', '4'];

/** Waits for the result with the same line again. */
async function finish(run: Submitted, code = 0): Promise<void> {
  const ended = await run.submit('--wait');
  expect({ code: ended.code, stderr: ended.code === code ? '' : ended.stderr }).toEqual({ code, stderr: '' });
}

/** Waits until each of the tasks 0 to 2 has embedded something. */
const allBegun = (run: Submitted, start = 0) =>
  reached('all tasks at work', () =>
    ['0', '1', '2'].every((task) =>
      run.heard().some((each) => each.task === task && each.start >= start && each.type === 'progress'),
    ),
  );

describe.skipIf(without !== null)('a run in Slurm', PATIENCE, () => {
  test('12 shards over three nodes give the bytes of a local run; the same line submits nothing twice', async () => {
    const run = slowRun(SLOW, ...WHOLE_NODE);
    const first = await run.submit();
    expect(first.stdout).toContain('(3 tasks for 12 shards)');
    // Locks were proven on a node.
    expect(first.stderr).not.toContain('warning');
    expect(existsSync(join(run.out, 'cluster', '.lock-proof'))).toBe(true);
    const again = await run.submit();
    expect(again.stdout).toMatch(
      new RegExp(`^nothing was submitted: array job ${first.array} is in the queue`),
    );
    await allBegun(run);
    expect((await run.submit()).stdout).toMatch(/^nothing was submitted: .*\d tasks? running/);
    await finish(run);
    expect(digests(run.out)).toEqual(expected);
    expect(run.nodes()).toEqual(['n0', 'n1', 'n2']);
    expect(run.embedded()).toBe(SEQUENCES);
    const last = await run.submit();
    expect(last.stdout).toContain('there is nothing to submit');
    expect((await run.holdfast('verify', run.out)).code).toBe(0);
  });

  test('a job of a higher priority preempts all tasks: nothing that was embedded is embedded again', async () => {
    const run = slowRun();
    const { array } = await run.submit();
    await allBegun(run);
    const high = ['-p', 'high', '-N', '3', '-n', '3', '--exclusive', '-t', '1', '-o', '/dev/null'];
    await program('sbatch', [...high, '--wrap', 'true'], cluster);
    await reached('tasks start again', () => run.heard().some(({ start }) => start > 0));
    await finish(run);
    expect(digests(run.out)).toEqual(expected);
    const again = run.embedded() - SEQUENCES;
    console.log(`preempted: ${again} of ${SEQUENCES} sequences were embedded again`);
    expect(again).toBe(0);
    const { stdout } = await run.scontrol('show', 'job', `${array}_0`);
    expect(stdout).toMatch(/Restarts=1 /);
  });

  test('a task on a node that was cut off writes nothing once its shard is given away', async () => {
    const run = slowRun(SLOW, ...WHOLE_NODE);
    const { array, join: joining } = await run.submit();
    await allBegun(run);
    const [task, node] = [`${array}_1`, await nodeOf(run, `${array}_1`)];
    const stale = processesOf(array, '1');
    expect(stale.length).toBeGreaterThan(1);
    await stopUnlocked(stale, `${run.out}/checkpoints/manifest.json.lock`);
    process.kill(nodePid(dir, node)!, 'SIGKILL');
    try {
      await reached('the task starts again elsewhere', () =>
        run.heard().some((each) => each.task === '1' && each.start === 1),
      );
      await reached('the jobs end', async () => (await run.queue(array, joining)).size === 0);
      expect(digests(run.out)).toEqual(expected);
      const before = listing(join(run.out, 'checkpoints'));
      for (const pid of stale) process.kill(pid, 'SIGCONT');
      await reached('the stale task ends', () => !stale.some((pid) => existsSync(`/proc/${pid}/fd/0`)));
      expect(listing(join(run.out, 'checkpoints'))).toEqual(before);
      expect(digests(run.out)).toEqual(expected);
      expect(run.log(task)).toContain('"event":"claim_lost"');
    } finally {
      for (const pid of stale) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended.
        }
      }
      await startNode(dir, node);
    }
  });

  test('a dry run submits nothing, and the lines that it shows work', async () => {
    const run = new Submitted(cluster, [input, ...PLAN], 0);
    const { stdout } = await run.submit('--dry-run');
    expect((await program('squeue', ['-h', '-o', '%i'], cluster)).stdout).toBe('');
    const lines = stdout.trimEnd().split('\n').slice(-2);
    const ended = await program('bash', ['-c', lines.join('\n')], { ...cluster, HEARD: '/dev/null' });
    expect(ended.stderr).toBe('');
    await reached('a result', () => existsSync(join(run.out, 'result.json')));
    expect(digests(run.out)).toEqual(expected);
  });
});

// At once: each waits for the queue most of the time.
describe.skipIf(without !== null).concurrent('runs in Slurm at once', PATIENCE, () => {
  test('scontrol requeue, with a second task cancelled: the others take over what they had', async () => {
    const run = slowRun();
    const { array, join: joining } = await run.submit();
    await allBegun(run);
    await run.scontrol('requeue', `${array}_0`);
    await run.scancel(`${array}_1`);
    await reached('the array ends', async () => (await run.queue(array, joining)).size === 0);
    expect(digests(run.out)).toEqual(expected);
    expect(run.heard().some(({ task, start }) => task === '0' && start === 1)).toBe(true);
    expect(run.heard().some(({ task, start }) => task === '1' && start > 0)).toBe(false);
    // The cancelled task saved before it ended.
    expect(run.embedded()).toBe(SEQUENCES);
  });

  test('a time limit warns, and the task goes on in a next attempt', async () => {
    // Slurm looks at time limits every 30 s.
    const run = slowRun(550, '--tasks', '2', '--time', '1');
    await run.submit();
    await reached('a next attempt', () => run.heard().some(({ start }) => start > 0));
    await finish(run);
    expect(digests(run.out)).toEqual(expected);
    expect(run.embedded()).toBe(SEQUENCES);
  });

  test('holdfast cancel ends tasks and join; the same line goes on from what they saved', async () => {
    const run = slowRun();
    const { array, join: joining } = await run.submit();
    await reached('a task at work', () => run.embedded() > 0);
    const ended = await run.holdfast('cancel', run.out);
    expect(ended.stdout).toMatch(/^cancelled: /);
    await reached('the queue is empty', async () => (await run.queue(array, joining)).size === 0);
    const done = run.embedded();
    expect(done).toBeLessThan(SEQUENCES);
    await finish(run);
    expect(digests(run.out)).toEqual(expected);
    expect(run.embedded()).toBe(SEQUENCES);
  });

  test('a join that was killed is submitted again, alone', async () => {
    const run = slowRun();
    const { array, join: joining } = await run.submit();
    await run.scancel(joining);
    await reached('the array ends', async () => (await run.queue(array)).size === 0);
    const again = await run.submit();
    expect(again.stdout).toMatch(/^submitted job \d+, which joins; all 12 shards are complete/);
    await finish(run);
    expect(digests(run.out)).toEqual(expected);
    expect(run.embedded()).toBe(SEQUENCES);
  });

  test('a sequence that the model refuses costs only itself', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'poison-'));
    execFileSync(process.execPath, [at('../../../apps/runner/test/fixtures/make-not-a-number.mjs'), folder]);
    const poisoned = join(folder, 'in.fa');
    const records = Array.from(
      { length: 48 },
      (_, i) => `>s${i}\n${'ACGA'.repeat(1 + (i % 7))}${i === 17 ? 'N' : ''}\n`,
    );
    writeFileSync(poisoned, records.join(''));
    const options = [poisoned, '--model', folder, '--shards', '12', '--threads', '1', '--batch-tokens', '64'];
    const local = join(folder, 'local');
    await program(process.execPath, [BIN, 'embed', ...options, '--out', local], {});
    const run = new Submitted(cluster, options, 0);
    const ended = await run.submit('--wait');
    expect(ended.code).toBe(3);
    expect(digests(run.out)).toEqual(digests(local));
    expect(readFileSync(join(run.out, 'quarantine.tsv'), 'utf8')).toContain('s17');
  });

  test('what sbatch refuses is passed on in one line', async () => {
    const run = new Submitted(cluster, [input, ...PLAN], 0);
    const ended = await run.submit('--partition', 'nope');
    expect(ended.code).toBe(1);
    expect(ended.stderr.trimEnd().split('\n').at(-1)).toMatch(/^holdfast: sbatch refused: .*nope/);
  });
});

/** The node on which a task runs. */
const nodeOf = async (run: Submitted, task: string): Promise<string> =>
  reached(
    'a node',
    async () => /BatchHost=(\S+)/.exec((await run.scontrol('show', 'job', task)).stdout)?.[1],
  );

/** Processes of Node.js in a task of an array, whose variables tell. */
function processesOf(array: string, index: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const env = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return (
          env.includes(`SLURM_ARRAY_JOB_ID=${array}`) &&
          env.includes(`SLURM_ARRAY_TASK_ID=${index}`) &&
          command.split('\0')[0] === process.execPath
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

/**
 * Stops processes while none of them holds the lock of the manifest. A server takes locks from a node that is cut off; the kernel
 * takes none from a process that is stopped.
 */
const stopUnlocked = (pids: readonly number[], lock: string): Promise<true> =>
  reached('the lock is free', () => {
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    if (!pids.some((pid) => holds(pid, lock))) return true;
    for (const pid of pids) process.kill(pid, 'SIGCONT');
    return false;
  });

/** Whether a process holds a lock on a file, as the kernel tells of its descriptors. */
const holds = (pid: number, path: string): boolean =>
  readdirSync(`/proc/${pid}/fd`).some(
    (fd) =>
      readlinkSync(`/proc/${pid}/fd/${fd}`) === path &&
      readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').includes('\nlock:'),
  );
