import type { SavedRows } from './history.js';
import type { Status } from './status.js';

/** When a worker began, or went on with, a shard: milliseconds since 1970. */
export interface Begun {
  at: number;
  shard: number;
  /** When it got the shard. Between the two it reads what is there. Absent if the logs do not say. */
  taken?: number;
}

/** What a run that is at work has embedded and not saved yet. Times are milliseconds since 1970. */
export interface Embedded {
  /** Until when all of it is known. */
  at: number;
  /** Rows that no checkpoint has, and when they were counted: each task counts its own. */
  shards: readonly { shard: number; rows: number; at: number }[];
}

/** What the run of a status has embedded; null unless it is at work, and says so. */
export function embeddedIn({ embedded_at, shards }: Pick<Status, 'embedded_at' | 'shards'>): Embedded | null {
  if (embedded_at === null) return null;
  const open = shards.filter(({ status }) => status === 'in_progress');
  return {
    at: Date.parse(embedded_at),
    shards: open.flatMap(({ shard, sequences_unsaved: rows, embedded_at: at }) =>
      at === null ? [] : [{ shard, rows, at: Date.parse(at) }],
    ),
  };
}

/** Rows a second over the time of a run, from all commands that worked on it. */
export interface Throughput {
  /** When it begins, in milliseconds since 1970. */
  start: number;
  /** Milliseconds of a bin. */
  step: number;
  /** Rows a second in each bin. */
  perSecond: number[];
  /** Rows among them that no checkpoint has yet. */
  unsaved: number;
  /** When workers went on with shards that they, or others, had begun before: after a kill, a failure or a pause. */
  resumed: number[];
}

/** Bins. Rows are spread over the time in which they were computed, so narrow ones show no more than that, and a pause as it was. */
const BINS = 60;

/** Rows, and the time in which they were computed. */
interface Span {
  from: number;
  to: number;
  rows: number;
}

/**
 * The throughput of a run, for every picture of it. The rows of a checkpoint were computed since the last one of its shard, or
 * since a worker went on with it if that was later; they are spread evenly over that time. While the run is at work, the rows
 * that no checkpoint has yet are there too, and the curve ends when the first of them were counted.
 *
 * @param begun when workers began; see `ShardStarts`.
 * @param embedded see `embeddedIn`; null unless the run is at work.
 * @returns null if nothing was saved or embedded.
 */
export function throughputOf(
  checkpoints: readonly SavedRows[],
  begun: readonly Begun[],
  embedded: Embedded | null = null,
): Throughput | null {
  const saves = checkpoints
    .map(({ at, shard, rows }) => ({ at: Date.parse(at), shard, rows }))
    .sort((a, b) => a.at - b.at || a.shard - b.shard);
  const starts = [...begun].sort((a, b) => a.at - b.at);
  const begins = byShard(starts);
  const since = saves[0]?.at ?? starts[0]?.at ?? 0;
  const saved = saves.map(spanOf(begins, since));
  const fresh = embedded === null ? [] : freshSpans(embedded, saves, begins);
  const spans = [...saved, ...fresh];
  if (spans.length === 0) return null;
  const end = embedded?.at ?? saves.at(-1)!.at;
  const start = spans.reduce((least, { from }) => Math.min(least, from), end);
  const bins = new Float64Array(Math.max(1, Math.min(BINS, end - start)));
  const step = (end - start) / bins.length || 1;
  for (const { from, to, rows } of spans) spread(bins, (from - start) / step, (to - start) / step, rows);
  const resumed = resumedIn(starts, step).filter((at) => at > start && at < end);
  const unsaved = fresh.reduce((sum, { rows }) => sum + rows, 0);
  return { start, step, perSecond: [...bins].map((rows) => (rows * 1000) / step), unsaved, resumed };
}

function byShard(starts: readonly Begun[]): Map<number, Begun[]> {
  const found = new Map<number, Begun[]>();
  for (const start of starts) {
    const known = found.get(start.shard);
    if (known === undefined) found.set(start.shard, [start]);
    else known.push(start);
  }
  return found;
}

interface Save {
  at: number;
  shard: number;
  rows: number;
}

/** The time in which the rows of a checkpoint were computed. To be called with each in order. */
function spanOf(begins: ReadonlyMap<number, readonly Begun[]>, since: number) {
  /** The last time at which rows are known to have been computed. */
  let sign = Number.NEGATIVE_INFINITY;
  const before = new Map<number, { at: number /** Rows a millisecond. */; pace: number }>();
  return ({ at, shard, rows }: Save): Span => {
    const last = before.get(shard);
    const ofShard = begins.get(shard) ?? [];
    const began = ofShard.findLast((start) => start.at <= at)?.at;
    const known = Math.max(last?.at ?? Number.NEGATIVE_INFINITY, began ?? Number.NEGATIVE_INFINITY);
    const from = Number.isFinite(known) ? known : Math.min(since, at);
    // A worker that takes a shard records a checkpoint that a killed one had written. When, its pace and other checkpoints say.
    const found = ofShard.find((start) => start.taken !== undefined && start.taken <= at && at < start.at);
    const atPace = last === undefined ? from : from + rows / last.pace;
    const to = found === undefined ? at : Math.min(found.taken!, Math.max(from, sign, atPace));
    sign = Math.max(sign, to);
    before.set(shard, { at: to, pace: Math.max(1e-9, rows / Math.max(1, to - from)) });
    return { from, to, rows };
  };
}

/** The rows that no checkpoint has yet. */
function freshSpans(
  { shards }: Embedded,
  saves: readonly Save[],
  begins: ReadonlyMap<number, readonly Begun[]>,
): Span[] {
  const saved = new Map(saves.map(({ shard, at }) => [shard, at]));
  return shards.flatMap(({ shard, rows, at }) => {
    const began = begins.get(shard)?.findLast((start) => start.at <= at)?.at;
    const from = Math.max(saved.get(shard) ?? Number.NEGATIVE_INFINITY, began ?? Number.NEGATIVE_INFINITY);
    return rows > 0 && from < at && Number.isFinite(from) ? [{ from, to: at, rows }] : [];
  });
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

/** Adds rows to the bins from one place to another, both in bins. What lies behind the last bin is not drawn. */
function spread(bins: Float64Array, from: number, to: number, rows: number): void {
  const end = bins.length - 1;
  if (from > bins.length) return;
  if (to <= from) {
    bins[Math.min(end, Math.floor(to))]! += rows;
    return;
  }
  for (let bin = Math.max(0, Math.floor(from)); bin <= end && bin < to; bin++) {
    const share = (Math.min(to, bin + 1) - Math.max(from, bin)) / (to - from);
    bins[bin]! += rows * share;
  }
}
