/**
 * Counts sequences that are embedded. A shard that a worker lost goes back to what its checkpoints hold; the rate counts
 * only what was embedded since this run began, so that resumed rows do not flatter it.
 */
export class Progress {
  readonly #shards = new Map<number, number>();
  readonly #since: number;
  #embedded = 0;
  #done = 0;

  /** @param now milliseconds, as all times here. */
  constructor(
    readonly total: number,
    now: number,
  ) {
    this.#since = now;
  }

  get done(): number {
    return this.#done;
  }

  /** A shard stands at this many sequences, whatever it stood at before. */
  resumed(shard: number, sequences: number): void {
    this.#done += sequences - (this.#shards.get(shard) ?? 0);
    this.#shards.set(shard, sequences);
  }

  /** More sequences of a shard are embedded. */
  embedded(shard: number, sequences: number): void {
    this.#embedded += sequences;
    this.resumed(shard, (this.#shards.get(shard) ?? 0) + sequences);
  }

  /** Sequences a second, and the seconds left at that rate (null while it is 0). */
  rate(now: number): { perSecond: number; secondsLeft: number | null } {
    const perSecond = now > this.#since ? (this.#embedded * 1000) / (now - this.#since) : 0;
    return { perSecond, secondsLeft: perSecond > 0 ? (this.total - this.#done) / perSecond : null };
  }
}

/** One line of at most `width` characters for a terminal: a bar, done/total, sequences/s, time left. */
export function renderBar(
  {
    done,
    total,
    perSecond,
    secondsLeft,
  }: { done: number; total: number; perSecond: number; secondsLeft: number | null },
  width: number,
): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const left = secondsLeft === null ? '--:--' : clock(secondsLeft);
  const text = ` ${Math.floor(share * 100)}% ${done}/${total} ${Math.round(perSecond)} sequences/s ${left} left`;
  const cells = Math.max(0, Math.min(30, width - text.length - 3));
  const full = Math.round(share * cells);
  return `[${'#'.repeat(full)}${'-'.repeat(cells - full)}]${text}`.slice(0, Math.max(0, width - 1));
}

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}
