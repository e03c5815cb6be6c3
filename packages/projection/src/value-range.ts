/** Values that are looked at to find the range, at most. */
const MOST = 20_000;

/**
 * The range of values that a scale of colours has: from the value below which 1 in 100 lie to that above which 1 in 100 lie, so
 * that one long outlier does not take all colours. What is beyond has the colour of the end. NaN is passed over; of no value, 0
 * to 0.
 */
export function valueRange(values: ArrayLike<number>): { low: number; high: number } {
  const step = Math.max(1, Math.floor(values.length / MOST));
  const some: number[] = [];
  for (let at = 0; at < values.length; at += step) if (!Number.isNaN(values[at])) some.push(values[at]!);
  some.sort((a, b) => a - b);
  if (some.length === 0) return { low: 0, high: 0 };
  const [low, high] = [some[Math.floor(0.01 * some.length)]!, some[Math.ceil(0.99 * some.length) - 1]!];
  // Nearly all are equal: the others are all that there is to see.
  return low < high ? { low, high } : { low: some[0]!, high: some.at(-1)! };
}
