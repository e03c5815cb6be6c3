/** A measured batch size. */
export interface Measured {
  /** Tokens of the batch, padding included, as a plan counts them. */
  tokens: number;
  /** Tokens per second; null if memory ran out. */
  perSecond: number | null;
  /** Seconds that measuring it took, all calls together. */
  seconds: number;
  /** Memory held after it, as a share of what one worker may hold. */
  memory: number;
}

export interface CalibrationLimits {
  /** The first and the largest size to measure, in tokens. */
  least: number;
  most: number;
  /** Seconds for the whole measurement; a size that would exceed them is skipped. */
  seconds: number;
}

/**
 * Why no larger size is measured: the last was not faster by {@link GAIN}; memory ran out, or would; time would run out; or it is
 * the largest.
 */
export type Enough = 'gain' | 'memory' | 'time' | 'most';

/** The next size to measure, or the answer, which is null if memory ran out at the first size. */
export type CalibrationStep = { measure: number } | { budget: number | null; reason: Enough };

/** Sizes this close to the best are as good, and the smaller one costs less memory and less waiting for a checkpoint. */
export const GAIN = 0.05;

/**
 * The next step: double the size while that is clearly faster and memory and time allow it, then choose the smallest size that
 * is nearly as fast as the fastest. If memory ran out, choose at most half of the largest size that fitted, since batches of
 * longer sequences need more memory per token.
 */
export function nextStep(
  measured: readonly Measured[],
  { least, most, seconds }: CalibrationLimits,
): CalibrationStep {
  const last = measured.at(-1);
  if (last === undefined) return { measure: least };
  const reason = enough(measured, last, most, seconds);
  if (reason === null) return { measure: last.tokens * 2 };
  const fitted = measured.filter(({ perSecond }) => perSecond !== null);
  const largest = fitted.at(-1)?.tokens ?? 0;
  const safe = last.perSecond === null ? fitted.filter(({ tokens }) => tokens * 2 <= largest) : fitted;
  const candidates = safe.length > 0 ? safe : fitted;
  const best = fastest(candidates);
  const budget = candidates.find(({ perSecond }) => perSecond! >= best * (1 - GAIN))?.tokens ?? null;
  return { budget, reason };
}

function enough(measured: readonly Measured[], last: Measured, most: number, seconds: number): Enough | null {
  if (last.perSecond === null) return 'memory';
  const before = measured.slice(0, -1);
  if (before.length > 0 && last.perSecond < fastest(before) * (1 + GAIN)) return 'gain';
  if (last.tokens * 2 > most) return 'most';
  if (last.memory * 2 > 1) return 'memory';
  const spent = measured.reduce((sum, each) => sum + each.seconds, 0);
  return spent + 2 * last.seconds > seconds ? 'time' : null;
}

const fastest = (measured: readonly Measured[]) =>
  Math.max(...measured.map(({ perSecond }) => perSecond ?? 0));
