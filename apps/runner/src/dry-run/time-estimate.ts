/** Batches of about the same length, of which one stands for all. */
export interface Stratum {
  /** Tokens of all its batches. */
  tokens: number;
  /** The batch that is measured, and its own tokens. */
  batch: number;
  batchTokens: number;
}

/** The batches that are left, as ranges. */
export type BatchRanges = readonly (readonly [first: number, end: number])[];

/**
 * Divides batches, sorted by the length of their sequences, into parts of about equal cost. The batch in the middle of each
 * stands for it.
 *
 * @param tokens what a batch costs. @param length of its sequences, in any unit.
 */
export function strataOf(
  ranges: BatchRanges,
  { tokens, length, most }: { tokens(batch: number): number; length(batch: number): number; most: number },
): Stratum[] {
  const count = ranges.reduce((sum, [first, end]) => sum + end - first, 0);
  const sorted = new Uint32Array(count);
  let at = 0;
  for (const [first, end] of ranges) for (let batch = first; batch < end; batch++) sorted[at++] = batch;
  sorted.sort((a, b) => length(a) - length(b) || a - b);
  const total = sorted.reduce((sum, batch) => sum + tokens(batch), 0);
  const strata: Stratum[] = [];
  let [begun, held, middle] = [0, 0, -1];
  for (const [i, batch] of sorted.entries()) {
    held += tokens(batch);
    const end = (total * (strata.length + 1)) / most;
    if (middle < 0 && begun + held >= (begun + end) / 2) middle = batch;
    if (begun + held < end && i + 1 < count) continue;
    strata.push({ tokens: held, batch: middle < 0 ? batch : middle, batchTokens: 0 });
    [begun, held, middle] = [begun + held, 0, -1];
  }
  return strata.map((each) => ({ ...each, batchTokens: tokens(each.batch) }));
}

/**
 * Seconds that one worker would need for all batches; null if none was measured. A part that was not measured is reckoned with
 * the speed of the nearest that was.
 *
 * @param seconds of the batch that stands for each part.
 */
export function secondsOfAll(strata: readonly Stratum[], seconds: readonly (number | null)[]): number | null {
  const speeds = strata.flatMap(({ batchTokens }, at) => {
    const took = seconds[at] ?? null;
    return took === null ? [] : [{ at, perToken: took / batchTokens }];
  });
  if (speeds.length === 0) return null;
  return strata.reduce((sum, { tokens }, at) => {
    const nearest = speeds.reduce((a, b) => (Math.abs(b.at - at) < Math.abs(a.at - at) ? b : a));
    return sum + tokens * nearest.perToken;
  }, 0);
}
