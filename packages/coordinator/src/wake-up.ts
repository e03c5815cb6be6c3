import { after, type Clock } from './clock.js';

/** One timer, and how late it is when its time is noticed: a process that was suspended notices late. */
export class WakeUp {
  readonly #clock: Clock;
  #due: number | null = null;
  #cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds for which the time that was set has passed, and nobody came to look. */
  get late(): number {
    return this.#due === null ? 0 : Math.max(0, this.#clock.now() - this.#due);
  }

  /** Calls back at a time, or at once when it has passed; instead of what was set before. */
  set(time: number, callback: () => void): void {
    this.clear();
    this.#due = time;
    this.#cancel = after(this.#clock, Math.max(0, time - this.#clock.now()), callback);
  }

  clear(): void {
    this.#cancel();
    this.#due = null;
  }
}
