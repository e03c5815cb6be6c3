import type { History } from '@holdfast/dashboard';

/** Rows a second over equal spans of time. */
export interface Rates {
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  perSecond: number[];
}

/**
 * How fast rows came, from when checkpoints landed: the rows of one came evenly since the checkpoint of its shard before it, or
 * since any that landed just before.
 *
 * @param began when the last command began, if that is known. @param now the end of the time to show. Null if nothing landed.
 */
export function rates(
  { checkpoints }: Pick<History, 'checkpoints'>,
  began: number | null,
  now: number,
  spans: number,
): Rates | null {
  if (checkpoints.length === 0) return null;
  const times = checkpoints.map(({ at }) => Date.parse(at));
  const [first, last] = [times[0]!, times.at(-1)!];
  const typical = (last - first) / Math.max(1, times.length - 1) || 1000;
  const start = Math.min(first - 1, began !== null && began < first ? began : first - typical);
  const end = Math.max(now, last, start + 1);
  const span = (end - start) / spans;
  const rows = new Array<number>(spans).fill(0);
  const before = new Map<number, number>();
  for (const [at, { shard, rows: count }] of checkpoints.entries()) {
    const until = times[at]!;
    const earlier = Math.min(before.get(shard) ?? Math.max(start, times[at - 1] ?? start), until - 1);
    before.set(shard, until);
    for (let place = Math.max(0, Math.floor((earlier - start) / span)); place < spans; place++) {
      const [from, to] = [start + place * span, start + (place + 1) * span];
      if (from >= until) break;
      rows[place]! += (count * (Math.min(to, until) - Math.max(from, earlier))) / (until - earlier);
    }
  }
  return { start, end, perSecond: rows.map((count) => count / (span / 1000)) };
}
