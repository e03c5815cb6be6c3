import type { BatchSample } from './measure-speed.js';

type Cost = Pick<BatchSample, 'tokens' | 'longest'>;

/** The batches by number, the cheapest first: what it takes says whether there is time for a dearer one. */
export function measuringOrder(batches: readonly Cost[]): number[] {
  return [...batches.keys()].sort(
    (a, b) => batches[a]!.tokens - batches[b]!.tokens || batches[a]!.longest - batches[b]!.longest || a - b,
  );
}

/**
 * Whether there is time to measure a batch. The first always is: without it nothing is known.
 *
 * @param times milliseconds of those that were measured.
 */
export function worthMeasuring(
  batch: number,
  {
    batches,
    times,
    leftMs,
  }: { batches: readonly Cost[]; times: Readonly<Record<number, number>>; leftMs: number },
): boolean {
  const known = Object.entries(times).map(([at, ms]) => ({ ...batches[Number(at)]!, ms }));
  if (known.length === 0) return true;
  const { tokens, longest } = batches[batch]!;
  // Attention costs the square of the length at worst.
  const expected = known.map(
    (each) => each.ms * (tokens / each.tokens) * Math.max(1, longest / each.longest),
  );
  return Math.min(...expected) <= leftMs;
}
