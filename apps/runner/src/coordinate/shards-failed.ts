import { troubleIn } from '@holdfast/durable';
import { limitRemedy } from '@holdfast/process';
import { ExitCode, tellsOfFullDisk } from '../errors.js';

/** A shard that the coordinator gave up on. */
export interface FailedShard {
  shard: number;
  kind: string;
  message: string;
}

/**
 * The exit code and message of a run with failed shards. If any failed because the disk is full, the exit code is that of a full
 * disk anywhere else.
 */
export function shardsFailed(
  failed: readonly [FailedShard, ...FailedShard[]],
  { logs, workers }: { logs: string; workers: number },
): { code: number; message: string } {
  const full = failed.find(({ message }) => tellsOfFullDisk(message));
  const named = full ?? failed[0];
  const which =
    failed.length === 1
      ? `shard ${named.shard} failed`
      : `${failed.length} shards failed, ${named === failed[0] ? 'first' : 'including'} shard ${named.shard}`;
  const message = `${which} (${named.kind}): ${named.message}; finished work is kept, see ${logs}; ${remedyOf(named.message, workers)}rerun the same command to resume`;
  return { code: full ? ExitCode.unexpected : ExitCode.shardsFailed, message };
}

/** The immediate warning about a full disk, while workers still retry. */
export function fullDisk(errorText: string): string {
  return `the disk is full (${errorText.split('\n').at(-1)}); make room there: workers retry a few times, and finished work is kept`;
}

/** The message of a run in which no worker could start. */
export function noWorkerStarted(
  reason: string,
  { logs, workers }: { logs: string; workers: number },
): string {
  return `no worker could start: ${reason}; see ${logs}; ${remedyOf(reason, workers)}rerun the same command to resume`;
}

/** What to do before the rerun, if the error text shows it, followed by ", then ". */
export function remedyOf(errorText: string, workers: number): string {
  const remedy = limitRemedy(errorText, { workers }) ?? troubleIn(errorText)?.remedy.write;
  return remedy === undefined ? '' : `${remedy}, then `;
}
