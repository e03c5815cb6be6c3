import { hostname } from 'node:os';
import { makeDirectoryDurably } from '@holdfast/durable';
import { FileLock, LockTimeoutError } from '@holdfast/file-lock';
import { openIndex, shardsOf } from '@holdfast/plan';
import { BusyError, type Layout, layoutOfTask, type RunRecord, readRunRecord } from '@holdfast/run-folder';
import { RunLogs } from '../coordinate/run-logs.js';
import type { Stop } from '../embed-options.js';
import { ExitCode, RunFailedError, StoppedError, UsageError } from '../errors.js';
import type { Report, RunEvent } from '../events.js';
import { Beats, leaseOf } from './beats.js';
import { embedClaimed } from './embed-claimed.js';
import { type Found, findWork } from './planned-work.js';
import { type Task, taskOf } from './task.js';
import { TaskState } from './task-state.js';

/** Milliseconds to wait while a command looks whether tasks are at work. */
const LOOK = 10_000;

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
  await using _lock = await shareFolder(place);
  const record = await recordOf(found);
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
      state.heard(event);
    };
    let ended: [message: string, code: number] = ['no shard is left for this task', ExitCode.complete];
    try {
      const of = { ...found, record, index, shards, task, beats, lease, slots: work.slots };
      await embedClaimed({ ...of, place: layoutOfTask(place, task.name), report: tell, stop });
      return ExitCode.complete;
    } catch (error) {
      const code = error instanceof RunFailedError ? error.exitCode : ExitCode.unexpected;
      ended = [(error as Error).message, error instanceof StoppedError ? ExitCode.terminated : code];
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

/** Holds the run's workers' lock beside other tasks: a command that needs the folder for itself waits for it. */
async function shareFolder(place: Layout): Promise<AsyncDisposable> {
  try {
    const lock = await FileLock.acquire(place.workersLock, { shared: true, timeoutMs: LOOK });
    return { [Symbol.asyncDispose]: () => lock.release() };
  } catch (cause) {
    if (!(cause instanceof LockTimeoutError)) throw cause;
    throw new BusyError(
      `${place.out} is in use by a command that needs it for itself; start this task again later`,
      {
        cause,
      },
    );
  }
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
