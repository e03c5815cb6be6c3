import { after, type Clock } from './clock.js';

/** One timer, and how late it is noticed: a suspended process notices late. */
export class WakeUp {
  readonly #clock: Clock;
  #due: number | null = null;
  #cancel = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the set time passed unnoticed. */
  get late(): number {
    return this.#due === null ? 0 : Math.max(0, this.#clock.now() - this.#due);
  }

  /** Calls back at a time, or as soon as possible if it has passed; replaces the previous timer. */
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
