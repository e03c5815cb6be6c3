import { errorLine } from './quarantined.js';

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

/** Whole sequences in a share of them; 0.57 % of 10,000 are 57, though binary fractions say a little less. */
function shareOf(sequences: number, percent: number): number {
  return Math.floor(Number(((sequences * percent) / 100).toPrecision(15)));
}

/** Quarantined sequences that are named when there are too many. */
const NAMED = 3;

/** Why a run is stopped that has quarantined more than it may, and what to do; exit code 4. */
export function tooManyQuarantined({
  quarantined,
  limit,
  examples,
  logs,
}: {
  quarantined: number;
  /** As `quarantineLimit` gives it. */
  limit: number;
  examples: readonly { id: string; error: string }[];
  /** The folder of the workers' logs. */
  logs: string;
}): string {
  const named = examples.slice(0, NAMED).map(({ id, error }) => `${id} (${errorLine(error)})`);
  const such = named.length > 0 ? `, such as ${named.join('; ')}` : '';
  return `${quarantined} sequence(s) are quarantined${such}; at most ${limit} may be, so the model or the input is probably broken. See in ${logs} what was quarantined so far, then mend what is broken, or allow more with --max-quarantined and rerun the command`;
}
