import type { PoisonKind } from '@holdfast/coordinator';
import { counted, grouped } from '@holdfast/options';
import { causeOf, errorLine, type Quarantined } from '@holdfast/run-folder';
import type { QuarantineLimit } from '../embed-options.js';

/** The default is the larger of the two: in a small input, a few bad sequences are many percent. */
const DEFAULT_COUNT = 100;
const DEFAULT_PERCENT = 1;

/**
 * The most sequences that may be quarantined; one more stops the run.
 *
 * @param sequences number of distinct sequences in the whole input.
 */
export function quarantineLimit(limit: QuarantineLimit | undefined, sequences: number): number {
  if (limit === undefined) return Math.max(DEFAULT_COUNT, shareOf(sequences, DEFAULT_PERCENT));
  return 'count' in limit ? limit.count : shareOf(sequences, limit.percent);
}

/**
 * The limits that stop a run. `most` applies to sequences refused while embedding, and to all that are still quarantined after
 * the reattempt. `mostSetAside` applies to sequences set aside while embedding. They may yet succeed, so it is never below the
 * default limit; it only stops a run on a machine where everything fails.
 */
export function quarantineLimits(limit: QuarantineLimit | undefined, sequences: number) {
  const most = quarantineLimit(limit, sequences);
  return { most, mostSetAside: Math.max(most, quarantineLimit(undefined, sequences)) };
}

/** Whole sequences in a share: 0.57% of 10,000 is 57, although binary fractions give slightly less. */
function shareOf(sequences: number, percent: number): number {
  return Math.floor(Number(((sequences * percent) / 100).toPrecision(15)));
}

/** How many quarantined sequences the message names. */
const NAMED = 3;

export type KindCounts = Readonly<Record<PoisonKind, number>>;

export const NONE: KindCounts = { poison_input: 0, oom: 0, crash: 0, hang: 0 };

/** Counts by kind. A sequence that was set aside never counts as `poison_input`. */
export function countKinds(list: readonly Pick<Quarantined, 'kind' | 'error'>[]): KindCounts {
  const counts = { ...NONE };
  for (const each of list) counts[causeOf(each)]++;
  return counts;
}

/** The message for too many quarantined sequences, with the remedy; exit code 4. */
export function tooManyQuarantined({
  counts,
  limit,
  examples,
  logs,
}: {
  /** The sequences that count against the limit. */
  counts: KindCounts;
  /** One of `quarantineLimits`. */
  limit: number;
  examples: readonly { id: string; error: string }[];
  /** The folder of the workers' logs. */
  logs: string;
}): string {
  const named = examples.slice(0, NAMED).map(({ id, error }) => `${id} (${errorLine(error)})`);
  const such = named.length > 0 ? `, such as ${named.join('; ')}` : '';
  const { poison_input: refused, oom, crash, hang } = counts;
  const setAside = oom + crash + hang;
  const many = `${counted(refused + setAside, 'sequence')} ${refused + setAside === 1 ? 'is' : 'are'} quarantined${such}; the limit is ${limit}`;
  if (setAside === 0)
    return `${many}, so the model or the input is probably broken. See ${logs} for what was quarantined, then fix the cause or raise --max-quarantined, and rerun the command`;
  const causes = [
    { count: oom, which: 'for lack of memory', remedy: 'with more memory' },
    {
      count: crash,
      which: 'because workers crashed on them',
      remedy: `after you fixed why workers crashed (see ${logs})`,
    },
    { count: hang, which: 'because they made no progress', remedy: 'with a longer --stall-timeout' },
  ].filter(({ count }) => count > 0);
  const which = causes.map(({ count, which }) => `${grouped(count)} ${which}`).join(', ');
  const byModel =
    refused === 0
      ? 'none of them'
      : `${grouped(refused)} of them; see ${logs}, and fix the model or the input`;
  const remedies = causes.map(({ remedy }) => remedy).join(', ');
  return `${many}. The model refused ${byModel}; ${grouped(setAside)} were only set aside (${which}). A rerun reattempts those: rerun the command ${remedies}, or raise --max-quarantined`;
}
