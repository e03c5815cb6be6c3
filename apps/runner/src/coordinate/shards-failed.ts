import { troubleIn } from '@holdfast/durable';
import { limitRemedy } from '@holdfast/process';
import { ExitCode, isDiskFull } from '../errors.js';

/** A shard that was given up. */
export interface FailedShard {
  shard: number;
  kind: string;
  message: string;
}

/**
 * How a run ends of which shards failed: exit code and message. Where any failed because the disk is full, the exit code is that of
 * a full disk met anywhere else, whatever the others failed of.
 */
export function shardsFailed(
  failed: readonly [FailedShard, ...FailedShard[]],
  { logs, workers }: { logs: string; workers: number },
): { code: number; message: string } {
  const full = failed.find(({ message }) => isDiskFull(message));
  const told = full ?? failed[0];
  const which =
    failed.length === 1
      ? `shard ${told.shard} failed`
      : `${failed.length} shards failed, ${told === failed[0] ? 'the first of them' : 'among them'} ${told.shard}`;
  const message = `${which} (${told.kind}): ${told.message}; what was done is kept, see ${logs}; ${remedyOf(told.message, workers)}rerun the same command to resume`;
  return { code: full ? ExitCode.unexpected : ExitCode.shardsFailed, message };
}

/** What is told at once of a full disk, while workers still try. */
export function fullDisk(errorText: string): string {
  return `the disk is full (${errorText.split('\n').at(-1)}); make room there: workers try again a few times, and what was done is kept`;
}

/** How a run ends of which no worker could start. */
export function noWorkerStarted(
  reason: string,
  { logs, workers }: { logs: string; workers: number },
): string {
  return `no worker could start: ${reason}; see ${logs}; ${remedyOf(reason, workers)}rerun the same command to resume`;
}

/** What to do before a rerun, where what was said tells; with the comma behind it. */
export function remedyOf(errorText: string, workers: number): string {
  const remedy = limitRemedy(errorText, { workers }) ?? troubleIn(errorText)?.remedy.write;
  return remedy === undefined ? '' : `${remedy}, then `;
}
