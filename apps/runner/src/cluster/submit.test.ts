import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueuedJob } from '@holdfast/cluster';
import { BusyError, layout, type RunRecord } from '@holdfast/run-folder';
import { beforeEach, expect, test } from 'vitest';
import { RunFailedError, UsageError } from '../errors.js';
import type { SubmitOptions } from '../submit-options.js';
import { cancel } from './cancel.js';
import { readJobs } from './jobs-record.js';
import type { PlannedWork, planWork } from './plan-work.js';
import type { proveLocks } from './prove-locks.js';
import type { Slurm } from './slurm.js';
import { submit } from './submit.js';

let out: string;
let queued: QueuedJob[];
let submitted: { args: readonly string[]; script: string }[];
let printed: string[];
let warned: string[];
let cancelled: string[];
/** The role of the job that is refused. */
let refused: 'array' | 'join' | undefined;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'submit-'));
  [queued, submitted, printed, warned, cancelled] = [[], [], [], [], []];
  refused = undefined;
});

/** A Slurm that keeps its queue in memory. */
const slurm: Slurm = {
  async submit(args, script) {
    const role = args.some((each) => each.startsWith('--array=')) ? 'array' : 'join';
    if (role === refused) throw new RunFailedError('sbatch refused: no such partition', 1);
    submitted.push({ args, script });
    const job = `${10 + submitted.length}`;
    const name = args.find((each) => each.startsWith('--job-name='))!.split('=')[1]!;
    const ids = role === 'array' ? [`${job}_0`, `${job}_1`] : [job];
    for (const id of ids) queued.push({ id, job, name, state: 'PENDING', reason: 'Resources' });
    return job;
  },
  async queue(names) {
    return queued.filter(({ name }) => names.includes(name));
  },
  ended: async () => [],
  async onNode() {
    throw new Error('asked a node');
  },
  async cancel(ids) {
    cancelled.push(...ids);
    queued = queued.filter(({ job }) => !ids.includes(job));
  },
};

const planOf =
  (left: number, finished = false): typeof planWork =>
  async (options) =>
    ({
      place: layout(options.out),
      record: { fingerprint: 'f'.repeat(64) } as RunRecord,
      resumed: false,
      shards: 12,
      left: Array.from({ length: left }, (_, shard) => shard),
      finished,
      [Symbol.asyncDispose]: async () => undefined,
    }) satisfies PlannedWork;

const asked = (more: Partial<SubmitOptions> = {}): SubmitOptions => ({
  embed: { inputs: ['a.fa'], out, model: 'tnf', format: 'safetensors', forceRestart: false },
  engine: 'slurm',
  sbatchArgs: [],
  dryRun: false,
  wait: false,
  ...more,
});

let prove: typeof proveLocks;
let proofs: number;
beforeEach(() => {
  proofs = 0;
  prove = async () => {
    proofs++;
    return { host: 'n0' };
  };
});

const submitIt = (options: SubmitOptions, plan: typeof planWork) =>
  submit(options, {
    slurm,
    holdfast: ['/node', '/holdfast.js'],
    report: (event) => void (event.type === 'warning' && warned.push(event.message)),
    print: (line) => void printed.push(line),
    stop: { signal: new AbortController().signal },
    plan,
    prove,
  });

test('an array and a join that waits for it, and both are recorded', async () => {
  expect(await submitIt(asked({ cpusPerTask: 2 }), planOf(12))).toBe(0);
  const [array, joining] = submitted;
  expect(array!.args).toContain('--array=0-2');
  expect(readFileSync(array!.script, 'utf8')).toContain(`/node /holdfast.js work ${out}\n`);
  expect(joining!.args).toContain('--dependency=afterany:11');
  expect(readFileSync(joining!.script, 'utf8')).toContain(`/node /holdfast.js join ${out}\n`);
  expect((await readJobs(layout(out)))!.jobs.map(({ id, role }) => [id, role])).toEqual([
    ['11', 'array'],
    ['12', 'join'],
  ]);
  expect(printed[0]).toBe('submitted array job 11 (3 tasks for 12 shards) and job 12, which joins');
  expect(printed.at(-1)).toBe(`end it: holdfast cancel ${out}`);
});

test('the same line again submits nothing while its jobs are in the queue', async () => {
  await submitIt(asked(), planOf(12));
  expect(await submitIt(asked(), planOf(12))).toBe(0);
  expect(submitted).toHaveLength(2);
  expect(printed).toContain(
    'nothing was submitted: array job 11 is in the queue (2 tasks waiting or ending); job 12, which joins, is in the queue',
  );
});

test('jobs whose ids could not be recorded are found by their names', async () => {
  await submitIt(asked(), planOf(12));
  const { rmSync } = await import('node:fs');
  rmSync(layout(out).jobs);
  await submitIt(asked(), planOf(12));
  expect(submitted).toHaveLength(2);
  expect((await readJobs(layout(out)))!.jobs.map(({ id }) => id)).toEqual(['11', '12']);
});

test('a killed command left the array without a join: only that is submitted', async () => {
  await submitIt(asked(), planOf(12));
  queued = queued.filter(({ job }) => job === '11');
  await submitIt(asked(), planOf(12));
  expect(submitted).toHaveLength(3);
  expect(submitted[2]!.args).toContain('--dependency=afterany:11');
});

test('only what is left, only the join, or nothing', async () => {
  await submitIt(asked(), planOf(3));
  expect(submitted[0]!.args).toContain('--array=0-0');
  [queued, submitted] = [[], []];
  await submitIt(asked(), planOf(0));
  expect(submitted.map(({ args }) => args.some((each) => each.startsWith('--array')))).toEqual([false]);
  expect(submitted[0]!.args.join(' ')).not.toContain('--dependency');
});

test('an array without a join is cancelled', async () => {
  refused = 'join';
  await expect(submitIt(asked(), planOf(12))).rejects.toThrow('sbatch refused: no such partition');
  expect(cancelled).toEqual(['11']);
  expect(warned).toEqual(['array job 11 was cancelled, since its join could not be submitted']);
});

test('locks are proven once, before anything is submitted', async () => {
  await submitIt(asked(), planOf(12));
  queued = [];
  await submitIt(asked(), planOf(3));
  expect(proofs).toBe(1);
});

test('locks that do not work submit nothing; a node that cannot be asked is a warning', async () => {
  prove = () => Promise.reject(new UsageError('mount it with another option'));
  await expect(submitIt(asked(), planOf(12))).rejects.toThrow('mount it with another option');
  expect(submitted).toEqual([]);
  prove = () => Promise.reject(new RunFailedError('locks could not be tried on a node: none is free', 1));
  expect(await submitIt(asked(), planOf(12))).toBe(0);
  expect(submitted).toHaveLength(2);
  expect(warned).toEqual(['locks could not be tried on a node: none is free; submitting without that']);
});

test('what Slurm refuses is passed on', async () => {
  refused = 'array';
  await expect(submitIt(asked(), planOf(12))).rejects.toThrow('no such partition');
  expect(submitted).toEqual([]);
});

test('a folder that a join holds submits nothing; one that another command holds is refused', async () => {
  await submitIt(asked(), planOf(12));
  const busy: typeof planWork = async () => {
    throw new BusyError('another run is at work');
  };
  expect(await submitIt(asked(), busy)).toBe(0);
  expect(submitted).toHaveLength(2);
  queued = [];
  await expect(submitIt(asked(), busy)).rejects.toThrow('another run is at work');
});

test('a join that ends while the same line is typed again is in no queue, and the folder is free', async () => {
  let looks = 0;
  const busyOnce: typeof planWork = async (...given) => {
    looks += 1;
    if (looks === 1) throw new BusyError('a join is at work');
    return planOf(12)(...given);
  };
  // Nothing was submitted yet, so what holds the folder is no join.
  await expect(submitIt(asked(), busyOnce)).rejects.toThrow('a join is at work');
  await submitIt(asked(), planOf(12));
  [looks, queued] = [0, []];
  expect(await submitIt(asked(), busyOnce)).toBe(0);
  expect([looks, submitted.length]).toEqual([2, 4]);
});

test('a dry run shows scripts and lines, and asks no queue', async () => {
  const none: Slurm = {
    submit: () => Promise.reject(new Error('submitted')),
    queue: () => Promise.reject(new Error('asked')),
    onNode: () => Promise.reject(new Error('asked a node')),
    ended: () => Promise.reject(new Error('asked')),
    cancel: () => Promise.reject(new Error('cancelled')),
  };
  const options = asked({ dryRun: true, gpusPerTask: 2, sbatchArgs: ['--account=lab'] });
  const context = {
    slurm: none,
    holdfast: ['/node'],
    report: () => undefined,
    print: (line: string) => void printed.push(line),
    stop: { signal: new AbortController().signal },
    plan: planOf(12),
  };
  expect(await submit(options, context)).toBe(0);
  expect(printed.at(-2)).toMatch(
    /^array=\$\(sbatch --parsable --array=0-1 .* --gres=gpu:2 --account=lab .*\/cluster\/task\.sh\)$/,
  );
  expect(printed.at(-1)).toContain('--dependency=afterany:"$array"');
  expect(printed.at(-3)).toBe('# 12 shards of 12 left; nothing was submitted. It would be:');
});

test('options that would break the run are refused before the plan', async () => {
  const never: typeof planWork = () => Promise.reject(new Error('planned'));
  for (const options of [
    asked({ sbatchArgs: ['--nodelist=n1'] }),
    asked({ embed: { ...asked().embed, out: `${out}/a\nb` } }),
    asked({ engine: 'kubernetes' }),
  ])
    await expect(submitIt(options, never)).rejects.toThrow(UsageError);
});

test('cancel ends what is in the queue, the join first', async () => {
  await submitIt(asked(), planOf(12));
  const print = (line: string) => void printed.push(line);
  await cancel(layout(out), { slurm, print });
  expect(cancelled).toEqual(['12', '11']);
  expect(printed.at(-1)).toContain('finished work is kept');
  await cancel(layout(out), { slurm, print });
  expect(printed.at(-1)).toBe('nothing was cancelled: no job of this run is in the queue');
});

test('cancel of a folder without such a run is refused', async () => {
  await expect(cancel(layout(out), { slurm, print: () => undefined })).rejects.toThrow(UsageError);
});

test('a restart is refused while jobs of the run are in the queue, and names how to end them', async () => {
  await submitIt(asked(), planOf(12));
  const again = { ...asked().embed, forceRestart: true };
  let plans = 0;
  const plan: typeof planWork = (...given) => {
    plans++;
    return planOf(12)(...given);
  };
  await expect(submitIt(asked({ embed: again }), plan)).rejects.toThrow(
    /in the queue \(11, 12\).*holdfast cancel /,
  );
  expect([plans, submitted.length]).toEqual([0, 2]);
  queued = [];
  await submitIt(asked({ embed: again }), plan);
  expect([plans, submitted.length]).toEqual([1, 4]);
});
