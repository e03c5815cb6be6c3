import { hostname } from 'node:os';
import { AGAIN } from '@holdfast/cluster';
import { makeDirectoryDurably } from '@holdfast/durable';
import { CheckpointManifest } from '@holdfast/manifest';
import { openIndex, shardsOf } from '@holdfast/plan';
import { type Layout, layoutOfTask, type RunRecord, readRunRecord } from '@holdfast/run-folder';
import { RunLogs } from '../coordinate/run-logs.js';
import type { Stop } from '../embed-options.js';
import { ExitCode, RunFailedError, StoppedError, UsageError } from '../errors.js';
import type { Report, RunEvent } from '../events.js';
import { Beats, leaseOf } from './beats.js';
import { embedClaimed } from './embed-claimed.js';
import { type Found, findWork } from './planned-work.js';
import { shareFolder } from './share-folder.js';
import { type Task, taskOf } from './task.js';
import { TaskState } from './task-state.js';

/**
 * One task of a run on several machines: claims shards and embeds them until none is left that nobody else is at. Any engine may
 * start it any number of times, at once and again.
 *
 * @param dir the run's folder.
 * @returns the exit code.
 * @throws UsageError; DeviceError; ModelError; BusyError; RunFailedError if shards failed; StoppedError, with all rows saved.
 */
export async function work(dir: string, report: Report, stop: Stop): Promise<number> {
  const found = await findWork(dir);
  const { place, work } = found;
  const task = taskOf(process.env, { host: hostname(), pid: process.pid });
  const record = await recordOf(found);
  // A late task has nothing to wait for.
  if (!(await hasOpenShards(place))) return ExitCode.complete;
  await using _lock = await shareFolder(place, stop.signal);
  const index = await openIndex(place.index, record.index);
  try {
    const shards = await shardsOf(index, record.shards);
    const sizeOf = (shard: number) => shards[shard]!.endPosition - shards[shard]!.firstPosition;
    const state = new TaskState(work.run, task, { pid: process.pid, started: new Date(), sizeOf });
    const lease = leaseOf(work.lease_seconds);
    await makeDirectoryDurably(place.tasks);
    const beats = new Beats(place, task.name, lease, () => state.text(new Date()));
    await beats.beat();
    await begins(task, layoutOfTask(place, task.name), report);
    const tell: Report = (event) => {
      report(event);
      // Others see at once what a worker took with it.
      if (state.heard(event)) void beats.beat();
    };
    let ended: [message: string, code: number] = ['no shard is left for this task', ExitCode.complete];
    try {
      const of = { ...found, record, index, shards, task, beats, lease, slots: work.slots };
      await embedClaimed({ ...of, place: layoutOfTask(place, task.name), report: tell, stop });
      return ExitCode.complete;
    } catch (error) {
      const code = error instanceof RunFailedError ? error.exitCode : ExitCode.unexpected;
      ended = [(error as Error).message, error instanceof StoppedError ? AGAIN : code];
      throw error;
    } finally {
      state.ended(...ended, new Date());
      await beats.end();
    }
  } finally {
    await index.close();
  }
}

/** Says who this is, and keeps it in the task's log: its beat only has its last start. */
async function begins(
  { name, engine, job, start, node }: Task,
  place: Layout,
  report: Report,
): Promise<void> {
  const event: RunEvent = { type: 'task', task: name, engine, job, start, node };
  report(event);
  const logs = new RunLogs(place);
  logs.note(event);
  await logs.close();
}

/** Whether any shard may still have to be computed. A manifest that cannot be read is the business of whoever opens it. */
async function hasOpenShards({ manifest }: Layout): Promise<boolean> {
  const state = await new CheckpointManifest(manifest).load().catch(() => null);
  return state === null || Object.values(state.shards).some(({ status }) => status === 'in_progress');
}

/** @throws UsageError if the folder now holds another run than the tasks were started for. */
async function recordOf({ place, work }: Found): Promise<RunRecord> {
  const record = await readRunRecord(place.run).catch((cause: unknown) => {
    throw new UsageError(
      `${place.run} is damaged (${(cause as Error).message}); type the line with holdfast submit again, which restores it`,
      { cause },
    );
  });
  if (record?.fingerprint === work.run) return record;
  throw new UsageError(
    `${place.out} no longer holds the run that was planned for these tasks; type the line with holdfast submit again`,
  );
}
