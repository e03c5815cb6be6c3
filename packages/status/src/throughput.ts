import type { SavedRows } from './history.js';

/** When a worker began, or went on with, a shard: milliseconds since 1970. */
export interface Begun {
  at: number;
  shard: number;
}

/** Rows a second over the time of a run, from all commands that worked on it. */
export interface Throughput {
  /** When it begins, in milliseconds since 1970. */
  start: number;
  /** Milliseconds of a bin. */
  step: number;
  /** Rows a second in each bin. */
  perSecond: number[];
  /** When workers went on with shards that they, or others, had begun before: after a kill, a failure or a pause. */
  resumed: number[];
}

/** Bins, and at least. As many as checkpoints between: with fewer in each, what is seen is when they land. */
const [MOST, LEAST] = [60, 8];

/**
 * The throughput of a run, for every picture of it. The rows of a checkpoint were computed since the last one of its shard, or
 * since a worker went on with it if that was later; they are spread evenly over that time.
 *
 * @param begun when workers began; see `ShardStarts`.
 * @returns null if nothing was saved.
 */
export function throughputOf(checkpoints: readonly SavedRows[], begun: readonly Begun[]): Throughput | null {
  const saves = checkpoints
    .map(({ at, shard, rows }) => ({ at: Date.parse(at), shard, rows }))
    .sort((a, b) => a.at - b.at || a.shard - b.shard);
  const [first] = saves;
  const last = saves.at(-1);
  if (first === undefined || last === undefined) return null;
  const starts = [...begun].sort((a, b) => a.at - b.at);
  const spans = saves.map(spanOf(byShard(starts), first.at));
  const start = spans.reduce((least, { from }) => Math.min(least, from), first.at);
  const bins = new Float64Array(Math.max(1, Math.min(MOST, last.at - start, Math.max(LEAST, saves.length))));
  const step = (last.at - start) / bins.length || 1;
  for (const { from, to, rows } of spans) spread(bins, (from - start) / step, (to - start) / step, rows);
  const resumed = resumedIn(starts, step).filter((at) => at > start && at < last.at);
  return { start, step, perSecond: [...bins].map((rows) => (rows * 1000) / step), resumed };
}

function byShard(starts: readonly Begun[]): Map<number, number[]> {
  const times = new Map<number, number[]>();
  for (const { at, shard } of starts) {
    const known = times.get(shard);
    if (known === undefined) times.set(shard, [at]);
    else known.push(at);
  }
  return times;
}

/** The time in which the rows of a checkpoint were computed. To be called with each in order. */
function spanOf(begins: ReadonlyMap<number, readonly number[]>, since: number) {
  const before = new Map<number, number>();
  return ({ at, shard, rows }: { at: number; shard: number; rows: number }) => {
    const last = before.get(shard);
    const began = begins.get(shard)?.findLast((time) => time <= at);
    before.set(shard, at);
    const from = Math.max(last ?? Number.NEGATIVE_INFINITY, began ?? Number.NEGATIVE_INFINITY);
    return { from: Number.isFinite(from) ? from : Math.min(since, at), to: at, rows };
  };
}

/** Those within one bin are one: all workers go on when a command does. */
function resumedIn(starts: readonly Begun[], step: number): number[] {
  const seen = new Set<number>();
  const found: number[] = [];
  for (const { at, shard } of starts) {
    if (seen.has(shard) && !(at - (found.at(-1) ?? Number.NEGATIVE_INFINITY) < step)) found.push(at);
    seen.add(shard);
  }
  return found;
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
