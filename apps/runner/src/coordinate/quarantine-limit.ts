import type { PoisonKind } from '@holdfast/coordinator';
import { causeOf, errorLine, type Quarantined } from '@holdfast/run-folder';

/** How many sequences may be quarantined before a run is stopped, or what share of the input, in percent. */
export type QuarantineLimit = { count: number } | { percent: number };

/** Where nothing is said, the larger of the two; of a small input a few bad sequences are many percent. */
const DEFAULT_COUNT = 100;
const DEFAULT_PERCENT = 1;

/**
 * The most sequences that may be quarantined; with one more the run stops.
 *
 * @param sequences of the whole input.
 */
export function quarantineLimit(limit: QuarantineLimit | undefined, sequences: number): number {
  if (limit === undefined) return Math.max(DEFAULT_COUNT, shareOf(sequences, DEFAULT_PERCENT));
  return 'count' in limit ? limit.count : shareOf(sequences, limit.percent);
}

/**
 * What stops a run: more than `most` that the model refused while embedding, or that are quarantined when what was set aside
 * has been tried again; or more than `mostSetAside` that were set aside while embedding. What is set aside may yet succeed, so
 * that the second is never below the usual limit; it only ends a run on a machine on which all fail.
 */
export function quarantineLimits(limit: QuarantineLimit | undefined, sequences: number) {
  const most = quarantineLimit(limit, sequences);
  return { most, mostSetAside: Math.max(most, quarantineLimit(undefined, sequences)) };
}

/** Whole sequences in a share of them; 0.57 % of 10,000 are 57, though binary fractions say a little less. */
function shareOf(sequences: number, percent: number): number {
  return Math.floor(Number(((sequences * percent) / 100).toPrecision(15)));
}

/** Quarantined sequences that are named when there are too many. */
const NAMED = 3;

/** How many are quarantined, by kind. */
export type KindCounts = Readonly<Record<PoisonKind, number>>;

export const NONE: KindCounts = { poison_input: 0, oom: 0, crash: 0, hang: 0 };

/** How many of these there are of each kind; what is only set aside is none of `poison_input`. */
export function countKinds(list: readonly Pick<Quarantined, 'kind' | 'error'>[]): KindCounts {
  const counts = { ...NONE };
  for (const each of list) counts[causeOf(each)]++;
  return counts;
}

/** Why a run is stopped that has quarantined more than it may, and what to do; exit code 4. */
export function tooManyQuarantined({
  counts,
  limit,
  examples,
  logs,
}: {
  /** Of those that count against the limit. */
  counts: KindCounts;
  /** As `quarantineLimits` gives it. */
  limit: number;
  examples: readonly { id: string; error: string }[];
  /** The folder of the workers' logs. */
  logs: string;
}): string {
  const named = examples.slice(0, NAMED).map(({ id, error }) => `${id} (${errorLine(error)})`);
  const such = named.length > 0 ? `, such as ${named.join('; ')}` : '';
  const { poison_input: refused, oom, crash, hang } = counts;
  const setAside = oom + crash + hang;
  const many = `${refused + setAside} sequence(s) are quarantined${such}; at most ${limit} may be`;
  if (setAside === 0)
    return `${many}, so the model or the input is probably broken. See in ${logs} what was quarantined so far, then mend what is broken, or allow more with --max-quarantined and rerun the command`;
  const causes = [
    { count: oom, which: 'for want of memory', remedy: 'with more memory' },
    {
      count: crash,
      which: 'at which workers crashed',
      remedy: `once it is clear from ${logs} why workers crashed`,
    },
    { count: hang, which: 'that made no progress', remedy: 'with a longer --stall-timeout' },
  ].filter(({ count }) => count > 0);
  const which = causes.map(({ count, which }) => `${count} ${which}`).join(', ');
  const byModel =
    refused === 0
      ? 'none of them'
      : `${refused} of them, so see in ${logs} what, and mend the model or the input`;
  const remedies = causes.map(({ remedy }) => remedy).join(', ');
  return `${many}. The model refused ${byModel}; ${setAside} were only set aside (${which}). What was set aside is tried again when the command is rerun: do that ${remedies}, or allow more with --max-quarantined`;
}
