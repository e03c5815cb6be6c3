/** A checkpoint: so many rows of a shard, saved at a time in milliseconds. */
export interface Saved {
  at: number;
  shard: number;
  rows: number;
}

/** When a worker began, or went on with, a shard. */
export interface Begun {
  at: number;
  shard: number;
}

/** Sequences a second over time. */
export interface Rates {
  /** When it begins, in milliseconds since 1970. */
  start: number;
  /** Milliseconds of a bin. */
  step: number;
  /** In each bin. */
  perSecond: readonly number[];
  /** Rows of the checkpoints in time, and all rows up to each. */
  saved: readonly { at: number; total: number }[];
}

/** Bins at most. */
const BINS = 120;

/**
 * The throughput of a run. The rows of a checkpoint were computed since the last one of its shard, or since a worker went on with
 * it if that was later; they are spread evenly over that time.
 *
 * @param since when the run began, if nothing tells when a shard was.
 */
export function ratesOf(
  saves: readonly Saved[],
  begun: readonly Begun[],
  since: number | null,
): Rates | null {
  const inOrder = [...saves].sort((a, b) => a.at - b.at || a.shard - b.shard);
  const [first] = inOrder;
  const last = inOrder.at(-1);
  if (first === undefined || last === undefined) return null;
  const begins = byShard(begun);
  const spans = inOrder.map(spanOf(begins, since ?? first.at));
  const start = Math.min(...[first.at], ...(since === null ? [] : [since]), earliest(spans));
  const bins = new Float64Array(Math.max(1, Math.min(BINS, last.at - start)));
  const step = (last.at - start) / bins.length || 1;
  for (const { from, to, rows } of spans) spread(bins, (from - start) / step, (to - start) / step, rows);
  let total = 0;
  const saved = inOrder.map(({ at, rows }) => {
    total += rows;
    return { at, total };
  });
  return { start, step, perSecond: [...bins].map((rows) => (rows * 1000) / step), saved };
}

const earliest = (spans: readonly { from: number }[]) =>
  spans.reduce((least, { from }) => Math.min(least, from), Number.POSITIVE_INFINITY);

function byShard(begun: readonly Begun[]): Map<number, number[]> {
  const times = new Map<number, number[]>();
  for (const { at, shard } of [...begun].sort((a, b) => a.at - b.at))
    times.set(shard, [...(times.get(shard) ?? []), at]);
  return times;
}

/** The time in which the rows of a checkpoint were computed. To be called with each in order. */
function spanOf(begins: ReadonlyMap<number, readonly number[]>, since: number) {
  const before = new Map<number, number>();
  return ({ at, shard, rows }: Saved) => {
    const last = before.get(shard);
    const began = begins.get(shard)?.findLast((time) => time <= at);
    before.set(shard, at);
    const from = Math.max(last ?? Number.NEGATIVE_INFINITY, began ?? Number.NEGATIVE_INFINITY);
    return { from: Number.isFinite(from) ? from : Math.min(since, at), to: at, rows };
  };
}

/** Adds rows to the bins from one place to another, both in bins. */
function spread(bins: Float64Array, from: number, to: number, rows: number): void {
  const end = bins.length - 1;
  if (to <= from) {
    bins[Math.min(end, Math.floor(to))]! += rows;
    return;
  }
  for (let bin = Math.max(0, Math.floor(from)); bin <= end && bin < to; bin++) {
    const share = (Math.min(to, bin + 1) - Math.max(from, bin)) / (to - from);
    bins[bin]! += rows * share;
  }
}
