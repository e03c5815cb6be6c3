import type { Lengths } from '../events/plan-figures.js';

/** Lengths that differ by more than this factor get bins that grow with them. */
const WIDE = 20;
/** About so many bins, if all are equally wide. */
const BINS = 8;

/** The lengths of all sequences. @param lengths gives them afresh each time, some at a time; there is at least one. */
export async function lengthsOf(lengths: () => AsyncIterable<Float64Array>): Promise<Lengths> {
  let [shortest, longest, sum, count] = [Number.POSITIVE_INFINITY, 0, 0, 0];
  for await (const some of lengths()) {
    count += some.length;
    for (const each of some) {
      shortest = Math.min(shortest, each);
      longest = Math.max(longest, each);
      sum += each;
    }
  }
  const starts = binStarts(shortest, longest);
  const counts = starts.map(() => 0);
  for await (const some of lengths()) {
    for (const each of some) {
      let bin = starts.length - 1;
      while (starts[bin]! > each) bin--;
      counts[bin]!++;
    }
  }
  const histogram = starts.map((from, i) => ({
    from,
    to: (starts[i + 1] ?? longest + 1) - 1,
    sequences: counts[i]!,
  }));
  return { shortest, longest, mean: Math.round((10 * sum) / count) / 10, histogram };
}

/** Where each bin begins: at round numbers, the first at or below the shortest length. */
export function binStarts(shortest: number, longest: number): number[] {
  if (shortest === longest) return [shortest];
  const round = longest > WIDE * Math.max(1, shortest) ? growing(longest) : even(shortest, longest);
  return round.filter((_, i) => (round[i + 1] ?? longest + 1) > shortest);
}

/** 0, 1, 2, 5, 10, 20, …; or powers of ten if the longest is very long. */
function growing(longest: number): number[] {
  const factors = longest > 100_000 ? [1] : [1, 2, 5];
  const starts = [0];
  for (let power = 1; power <= longest; power *= 10) starts.push(...factors.map((each) => each * power));
  return starts.filter((start) => start <= longest);
}

/** Multiples of 1, 2 or 5 times a power of ten. */
function even(shortest: number, longest: number): number[] {
  const wish = Math.max(1, (longest - shortest) / BINS);
  const power = 10 ** Math.floor(Math.log10(wish));
  const width = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= wish)!;
  const starts: number[] = [];
  for (let at = Math.floor(shortest / width) * width; at <= longest; at += width) starts.push(at);
  return starts;
}
