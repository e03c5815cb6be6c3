/**
 * A worker's pace is measured over this many milliseconds of its work, and over this many batches at least.
 */
const WINDOW = 60_000;
const FEWEST = 8;

/**
 * The first batch alone gives no reliable pace: it may be tiny, or slow because everything is cold.
 * Milliseconds.
 */
const USABLE = { batches: 2, ms: 1000, alone: 10_000 };

/**
 * A batch this many times slower than the worker's pace, and at least this long (milliseconds), was paused
 * from outside.
 */
const PAUSE = { times: 10, least: 30_000 };
/** This many slow batches in a row are no pause but the worker's new pace. */
const PAUSES = 2;

interface Timing {
  tokens: number;
  ms: number;
}

/** The recent batches of one slot, over all of its workers. */
class SlotPace {
  /** Whether it has a shard. */
  working = false;
  /** When its worker began its first batch, or finished its latest one. */
  last: number | null = null;
  readonly #recent: Timing[] = [];
  #pauses: Timing[] = [];
  #tokens = 0;
  #ms = 0;

  add(timing: Timing): void {
    if (this.#isPause(timing.ms, timing.tokens)) {
      this.#pauses.push(timing);
      if (this.#pauses.length < PAUSES) return;
      this.#recent.length = 0;
      this.#tokens = 0;
      this.#ms = 0;
      for (const each of this.#pauses) this.#keep(each);
    } else this.#keep(timing);
    this.#pauses = [];
  }

  /** Tokens per millisecond; null before the first batch. */
  get pace(): number | null {
    return this.#ms > 0 ? this.#tokens / this.#ms : null;
  }

  /** The basis of its pace. */
  get measured(): { batches: number; ms: number } {
    return { batches: this.#recent.length, ms: this.#ms };
  }

  /** Whether it has been silent for too long to count as working. */
  silent(now: number): boolean {
    if (this.last === null || this.#recent.length === 0) return false;
    return this.#isPause(now - this.last, this.#tokens / this.#recent.length);
  }

  #isPause(ms: number, tokens: number): boolean {
    const { pace } = this;
    return pace !== null && ms > PAUSE.least && ms > (PAUSE.times * tokens) / pace;
  }

  #keep(timing: Timing): void {
    this.#recent.push(timing);
    this.#tokens += timing.tokens;
    this.#ms += timing.ms;
    while (this.#recent.length > FEWEST && this.#ms - this.#recent[0]!.ms >= WINDOW) {
      const { tokens, ms } = this.#recent.shift()!;
      this.#tokens -= tokens;
      this.#ms -= ms;
    }
  }
}

/**
 * The combined speed of the active workers. Each slot is measured over its last minute of work, so start-up,
 * waiting and suspension do not count, and a worker that joins or leaves counts immediately. Times are
 * milliseconds of a monotonic clock.
 */
export class Pace {
  readonly #slots = new Map<number, SlotPace>();

  /** The slot's worker got a shard. */
  works(slot: number): void {
    this.#at(slot).working = true;
  }

  /**
   * The worker begins a shard's first batch. Time between two shards counts as work: every shard has that
   * cost.
   */
  begins(slot: number, now: number): void {
    this.#at(slot).last ??= now;
  }

  /** The worker has embedded a batch. */
  embedded(slot: number, tokens: number, now: number): void {
    if (!(tokens > 0)) return;
    const known = this.#at(slot);
    if (known.last !== null) known.add({ tokens, ms: Math.max(0, now - known.last) });
    known.last = now;
  }

  /** The worker finished its shard. */
  rests(slot: number): void {
    this.#at(slot).working = false;
  }

  /** The worker is gone. */
  leaves(slot: number): void {
    const known = this.#at(slot);
    known.working = false;
    known.last = null;
  }

  /**
   * Tokens per second of all. A worker that has embedded nothing yet counts as average. Null while none has.
   */
  perSecond(now: number): number | null {
    const slots = [...this.#slots.values()];
    const known = slots.map(({ pace }) => pace).filter((pace) => pace !== null);
    if (known.length === 0) return null;
    const usual = known.reduce((sum, pace) => sum + pace, 0) / known.length;
    const working = slots.filter((slot) => slot.working && !slot.silent(now));
    const sum = working.reduce((total, { pace }) => total + (pace ?? usual), 0);
    return sum > 0 ? sum * 1000 : null;
  }

  /** Whether enough was embedded, by all together, to tell from the pace how long the rest takes. */
  get usable(): boolean {
    let batches = 0;
    let ms = 0;
    for (const { measured } of this.#slots.values()) {
      batches += measured.batches;
      ms += measured.ms;
    }
    return ms >= USABLE.alone || (batches >= USABLE.batches && ms >= USABLE.ms);
  }

  #at(slot: number): SlotPace {
    let known = this.#slots.get(slot);
    if (known === undefined) {
      known = new SlotPace();
      this.#slots.set(slot, known);
    }
    return known;
  }
}
