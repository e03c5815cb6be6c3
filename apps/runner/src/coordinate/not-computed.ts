import { lookAtLock } from '@holdfast/file-lock';
import { counted, grouped } from '@holdfast/options';
import type { Layout } from '@holdfast/run-folder';
import { ExitCode, RunFailedError } from '../errors.js';

/** Shards that a message names. */
const NAMED = 5;

/** The error of a join that other machines have not finished the work for. */
export async function notComputed(
  { out, logs, workersLock }: Pick<Layout, 'out' | 'logs' | 'workersLock'>,
  shards: Readonly<Record<string, { status: string; error?: string | null | undefined }>>,
): Promise<RunFailedError> {
  const all = Object.entries(shards);
  const open = all.filter(([, { status }]) => status !== 'complete');
  const failed = open.filter(([, { status }]) => status === 'failed');
  const names = open.map(([shard]) => shard);
  const listed = `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? ', …' : ''}`;
  const missing = `${grouped(open.length)} of ${counted(all.length, 'shard')} ${open.length === 1 ? 'is' : 'are'} not complete (${listed})`;
  if ((await lookAtLock(workersLock)).state === 'held')
    return new RunFailedError(
      `${missing}: tasks are at work on them. Wait until these have ended, then rerun the same command; holdfast status ${out} shows them`,
      ExitCode.shardsFailed,
    );
  const why =
    failed.length === 0
      ? 'their tasks have ended before they were done'
      : `${grouped(failed.length)} of them failed, such as shard ${failed[0]![0]}; the logs are in ${logs}`;
  return new RunFailedError(
    `${missing}: ${why}. What is done is kept. Type the line with holdfast submit again, and only these are computed; holdfast status ${out} shows them`,
    ExitCode.shardsFailed,
  );
}
