import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileLock } from '@holdfast/file-lock';
import { CheckpointManifest, type ManifestState } from '@holdfast/manifest';
import { planWork, type WorkPlan } from '../src/cluster/plan-work.js';
import type { EmbedOptions } from '../src/embed-options.js';
import { freshFolder, goOn, type Line, madeModel, type Running, start } from './command.js';

// A run for several machines, whose tasks are processes on this one.

/** Sequences that the slow model takes about 25 ms each for, in batches of two. */
export async function slowRun(count: number) {
  const model = await madeModel('make-slow.mjs', '0', '500');
  const folder = await freshFolder();
  const input = join(folder, 'in.fa');
  // Its number in base 4, over and over: all differ.
  const residues = (i: number) =>
    i
      .toString(4)
      .padStart(10, '0')
      .replace(/\d/g, (digit) => 'ACGT'[Number(digit)]!)
      .repeat(5);
  const records = Array.from({ length: count }, (_, i) => `>s${i}\n${residues(i)}\n`);
  await writeFile(input, records.join(''));
  return { model, input, folder };
}

export interface SlowRun {
  model: string;
  input: string;
  folder: string;
}

/** Options of a run with batches of two sequences and a checkpoint for each two batches. */
export const optionsOf = ({ model, input }: SlowRun, out: string): EmbedOptions => ({
  inputs: [input],
  out,
  model,
  batchTokens: 110,
  shards: 12,
  seqThreshold: 4,
  dedupe: true,
  format: 'safetensors',
  forceRestart: false,
});

/** The same on the command line. */
export const argumentsOf = ({ model, input }: SlowRun, out: string): string[] => [
  input,
  '--out',
  out,
  '--model',
  model,
  '--batch-tokens',
  '110',
  '--shards',
  '12',
  '--seq-threshold',
  '4',
];

/** Plans the run in a folder. @returns the shards that are left. */
export async function planned(
  options: EmbedOptions,
  plan: Partial<WorkPlan> = {},
): Promise<readonly number[]> {
  await using run = await planWork(options, { slots: 1, elsewhere: false, ...plan }, () => undefined, {
    signal: new AbortController().signal,
  });
  return run.left;
}

/** A folder with a `scontrol` that knows every job, and requeues one that ends with 75. */
const SLURM = mkdtempSync(join(tmpdir(), 'scontrol-'));
writeFileSync(
  join(SLURM, 'scontrol'),
  '#!/bin/sh\necho "RequeueExit = 75"\necho "JobId=900 JobState=RUNNING Requeue=1"\n',
  { mode: 0o755 },
);

/** Starts a task, as Slurm would. @param restarts how often Slurm has started it again. @param standAt as for `start`. */
export const startTask = (out: string, task: number, restarts = 0, standAt?: string): Running =>
  start(['work', out], {
    ...(standAt !== undefined && { standAt }),
    env: {
      SLURM_JOB_ID: `${900 + task}`,
      SLURM_ARRAY_JOB_ID: '900',
      SLURM_ARRAY_TASK_ID: `${task}`,
      SLURM_ARRAY_TASK_COUNT: '3',
      SLURM_RESTART_COUNT: `${restarts}`,
      SLURMD_NODENAME: `n${task}`,
      PATH: SLURM,
    },
  });

/** Starts tasks of a run, and ends those that a test has left. @param out the run's folder then. */
export function tasksOf(out: () => string) {
  const started: Running[] = [];
  return {
    startOf(task: number, restarts = 0, standAt?: string): Running {
      const running = startTask(out(), task, restarts, standAt);
      started.push(running);
      return running;
    },
    end(): void {
      for (const running of started.splice(0))
        try {
          running.killGroup();
        } catch {
          // It has ended.
        }
    },
  };
}

/**
 * Stops all processes of a task at a moment when it is at a shard and none of them holds the manifest's lock. On a machine that is
 * cut off, the file server would take the lock away.
 *
 * @returns the shard.
 */
export async function stopAtWork(task: Running, out: string): Promise<number> {
  const path = join(out, 'checkpoints', 'manifest.json');
  const owned = ({ status, lease }: ManifestState['shards'][number]) =>
    status === 'in_progress' && lease !== null;
  for (;;) {
    process.kill(-task.child.pid!, 'SIGSTOP');
    const free = await FileLock.acquire(`${path}.lock`, { timeoutMs: 0 }).then(
      (held) => held.release().then(() => true),
      () => false,
    );
    const { shards } = await new CheckpointManifest(path).load();
    const mine = Object.keys(shards)
      .map(Number)
      .filter((shard) => owned(shards[shard]!) && holdsClaim(out, shard));
    if (free && mine.length > 0) return mine[0]!;
    goOn(task);
  }
}

/** Whether a worker writes into a shard through the folder of its claim. */
function holdsClaim(out: string, shard: number): boolean {
  const folder = join(out, 'checkpoints', `shard_${shard}`);
  return existsSync(folder) && readdirSync(folder).some((name) => name.startsWith('claim_'));
}

/** Sequences that a task has embedded. */
export const embedded = (lines: readonly Line[]): number =>
  lines
    .filter(({ event }) => event === 'checkpoint')
    .reduce((sum, line) => sum + Number(line['sequences']), 0);
