/** How much of a worker's time its pace is taken from, in milliseconds, and of how many batches at the least. */
const WINDOW = 60_000;
const FEWEST = 8;

/** The first batch alone tells no pace: of a few sequences it is over in a moment, or slow since all is cold. Milliseconds. */
const USABLE = { batches: 2, ms: 1000, alone: 10_000 };

/** A batch this many times slower than the worker's pace, and this long (milliseconds), was held up from outside. */
const PAUSE = { times: 10, least: 30_000 };
/** After so many slow batches in a row that is the worker's pace. */
const PAUSES = 2;

interface Took {
  tokens: number;
  ms: number;
}

/** The last batches of one slot, whichever of its workers embedded them. */
class SlotPace {
  /** It has a shard. */
  working = false;
  /** When its worker began its first batch, or ended its last one. */
  last: number | null = null;
  readonly #recent: Took[] = [];
  #pauses: Took[] = [];
  #tokens = 0;
  #ms = 0;

  add(took: Took): void {
    if (this.#isPause(took.ms, took.tokens)) {
      this.#pauses.push(took);
      if (this.#pauses.length < PAUSES) return;
      this.#recent.length = 0;
      this.#tokens = 0;
      this.#ms = 0;
      for (const each of this.#pauses) this.#keep(each);
    } else this.#keep(took);
    this.#pauses = [];
  }

  /** Tokens in a millisecond; null before the first batch. */
  get pace(): number | null {
    return this.#ms > 0 ? this.#tokens / this.#ms : null;
  }

  /** What its pace is taken from. */
  get measured(): { batches: number; ms: number } {
    return { batches: this.#recent.length, ms: this.#ms };
  }

  /** Whether it has said nothing for so long that it does not count as working. */
  silent(now: number): boolean {
    if (this.last === null || this.#recent.length === 0) return false;
    return this.#isPause(now - this.last, this.#tokens / this.#recent.length);
  }

  #isPause(ms: number, tokens: number): boolean {
    const { pace } = this;
    return pace !== null && ms > PAUSE.least && ms > (PAUSE.times * tokens) / pace;
  }

  #keep(took: Took): void {
    this.#recent.push(took);
    this.#tokens += took.tokens;
    this.#ms += took.ms;
    while (this.#recent.length > FEWEST && this.#ms - this.#recent[0]!.ms >= WINDOW) {
      const { tokens, ms } = this.#recent.shift()!;
      this.#tokens -= tokens;
      this.#ms -= ms;
    }
  }
}

/**
 * Tokens a second of the workers that are at work: each slot's over its last minute of work, so that neither start-up, nor a
 * wait for a worker, nor a suspension counts, and a worker that joins or leaves counts at once. Times are milliseconds of a
 * clock that only goes forward.
 */
export class Pace {
  readonly #slots = new Map<number, SlotPace>();

  /** The slot's worker has a shard from now on. */
  works(slot: number): void {
    this.#at(slot).working = true;
  }

  /** The worker's first batch of a shard begins. The time between two shards of a worker counts, as there is one for each shard. */
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

  /** The worker has no shard any more. */
  rests(slot: number): void {
    this.#at(slot).working = false;
  }

  /** The worker is gone. */
  leaves(slot: number): void {
    const known = this.#at(slot);
    known.working = false;
    known.last = null;
  }

  /** Tokens a second of all; a worker that has embedded nothing yet counts as the others. Null while none has. */
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
