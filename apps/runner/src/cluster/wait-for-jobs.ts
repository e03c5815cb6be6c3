import { setTimeout as delay } from 'node:timers/promises';
import { stuck } from '@holdfast/cluster';
import type { Layout } from '@holdfast/run-folder';
import { statusOf } from '@holdfast/status';
import type { EmbedOptions, Stop } from '../embed-options.js';
import { RunFailedError } from '../errors.js';
import type { Report } from '../events.js';
import { ExitCode } from '../exit-codes.js';
import type { JobNames } from './job-names.js';
import type { Slurm } from './slurm.js';

/** Milliseconds between two looks into the queue. */
const EVERY_MS = 5000;

/** Looks in a row that may fail: a controller that is restarted is away for minutes. */
const FAILURES = 120;

/**
 * Waits until no job of a run is in the queue.
 *
 * @throws the signal's reason, which ends only the waiting; RunFailedError if Slurm does not answer for ten minutes.
 */
export async function waitForJobs(
  names: JobNames,
  { slurm, stop, report }: { slurm: Slurm; stop: Stop; report: Report },
  everyMs = EVERY_MS,
): Promise<void> {
  const warned = new Set<string>();
  for (let failures = 0; ; ) {
    stop.signal.throwIfAborted();
    try {
      const queue = await slurm.queue([names.array, names.join]);
      failures = 0;
      if (queue.length === 0) return;
      for (const job of queue) {
        const message = stuck(job);
        if (message !== null && !warned.has(message)) report({ type: 'warning', message });
        if (message !== null) warned.add(message);
      }
    } catch (error) {
      failures++;
      if (!(error instanceof RunFailedError) || failures >= FAILURES) throw error;
      if (failures === 1) report({ type: 'warning', message: `${error.message}; asking again` });
    }
    await delay(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

/**
 * The exit code of a run whose jobs have ended, by what is in its folder.
 *
 * @param ended why jobs ended, in lines.
 * @throws RunFailedError (exit code 4) if the result is not there.
 */
export async function outcomeOf(
  { out }: Pick<Layout, 'out'>,
  { quarantineOk = false }: Pick<EmbedOptions, 'quarantineOk'>,
  ended: readonly string[] = [],
): Promise<number> {
  const { state, reason, quarantined } = await statusOf(out);
  if (state === 'complete')
    return quarantined.sequences > 0 && !quarantineOk ? ExitCode.quarantined : ExitCode.complete;
  const why = reason === null ? '' : ` (${reason})`;
  const jobs = ended.map((line) => `; ${line}`).join('');
  throw new RunFailedError(
    `the jobs have ended, but the result is not there: the run is ${state}${why}${jobs}; the logs in ${out}/logs say why, and the same command submits what is left`,
    ExitCode.shardsFailed,
  );
}
