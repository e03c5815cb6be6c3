import type { Clock } from './clock.js';
import type { Slot } from './slot.js';

/** While workers are at work it is looked at least so often, milliseconds: shorter pauses of the whole are hardly noticed. */
const LOOK_EVERY = 1000;

/** Silence that is told, milliseconds: of a worker that starts, of one at a shard, and how much more of it each time. */
const TOLD_STARTING = 10_000;
const TOLD_AT_WORK = 60_000;
const TOLD_AGAIN = 60_000;

/** Which workers have made no progress for the limit, in time in which they could run. */
export class StallWatch {
  readonly #slots: readonly Slot[];
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #startMs: number;

  /**
   * @param stallMs milliseconds without progress.
   * @param startMs milliseconds until a worker's first sign of life.
   */
  constructor(slots: readonly Slot[], clock: Clock, stallMs: number, startMs: number = stallMs) {
    this.#slots = slots;
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#startMs = startMs;
  }

  /** It was looked so much later than was meant: the process was suspended, and its workers with it. They get that time back. */
  forgive(late: number): void {
    const now = this.#clock.now();
    for (const slot of this.#slots) slot.lastSign = Math.min(now, slot.lastSign + late);
  }

  /** Those that hang, and for how long they have been silent, milliseconds. */
  get stalled(): { slot: Slot; silentMs: number }[] {
    const now = this.#clock.now();
    return this.#slots
      .filter((slot) => slot.atWork && now >= this.#limitOf(slot))
      .map((slot) => ({ slot, silentMs: now - slot.lastSign }));
  }

  /** Those whose silence is to be told now; each is told once. */
  get silent(): { slot: Slot; silentMs: number; limitMs: number }[] {
    const now = this.#clock.now();
    return this.#slots
      .filter(({ atWork }) => atWork)
      .map((slot) => ({ slot, silentMs: now - slot.lastSign, limitMs: this.#limitOf(slot) - slot.lastSign }))
      .filter(({ slot, silentMs, limitMs }) => {
        const first = Math.min(slot.life.ready ? TOLD_AT_WORK : TOLD_STARTING, limitMs / 2);
        if (silentMs < slot.toldSilentMs) slot.toldSilentMs = 0;
        if (silentMs >= limitMs || silentMs < first) return false;
        if (slot.toldSilentMs > 0 && silentMs < slot.toldSilentMs + TOLD_AGAIN) return false;
        slot.toldSilentMs = silentMs;
        return true;
      });
  }

  /** When to look again; none while nobody is at work. */
  nextLooks(now: number): number[] {
    return this.#slots
      .filter(({ atWork }) => atWork)
      .flatMap((slot) => [this.#limitOf(slot), now + Math.min(LOOK_EVERY, this.#stallMs)]);
  }

  #limitOf({ lastSign, life }: Slot): number {
    return lastSign + (life.heard ? this.#stallMs : this.#startMs);
  }
}
