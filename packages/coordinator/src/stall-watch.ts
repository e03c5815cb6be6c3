import type { Clock } from './clock.js';
import type { Slot } from './slot.js';

/** While workers are at work it is looked at least so often, milliseconds: shorter pauses of the whole are hardly noticed. */
const LOOK_EVERY = 1000;

/** Which workers have made no progress for the limit, in time in which they could run. */
export class StallWatch {
  readonly #slots: readonly Slot[];
  readonly #clock: Clock;
  readonly #stallMs: number;

  /** @param stallMs milliseconds without progress. */
  constructor(slots: readonly Slot[], clock: Clock, stallMs: number) {
    this.#slots = slots;
    this.#clock = clock;
    this.#stallMs = stallMs;
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

  /** When to look again; none while nobody is at work. */
  nextLooks(now: number): number[] {
    return this.#slots
      .filter(({ atWork }) => atWork)
      .flatMap((slot) => [this.#limitOf(slot), now + Math.min(LOOK_EVERY, this.#stallMs)]);
  }

  #limitOf({ lastSign }: Slot): number {
    return lastSign + this.#stallMs;
  }
}
