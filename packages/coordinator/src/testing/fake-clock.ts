import { atLeast, checkOptions } from '@holdfast/options';
import type { Clock } from '../clock.js';

interface Sleeper {
  at: number;
  wake: () => void;
}

/** A clock that a test moves by hand. */
export class FakeClock implements Clock {
  #now = 0;
  #sleepers: Sleeper[] = [];

  /** Milliseconds since the clock was created. */
  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal.removeEventListener('abort', aborted);
      };
      const aborted = () => {
        leave();
        reject(signal.reason);
      };
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          leave();
          resolve();
        },
      };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', aborted);
    });
  }

  /** Times at which sleepers will wake, soonest first; milliseconds. */
  get pending(): number[] {
    return this.#sleepers.map(({ at }) => at).sort((a, b) => a - b);
  }

  /** Moves on by `ms` milliseconds; sleepers due on the way wake in order, each at its own time. */
  async advance(ms: number): Promise<void> {
    checkOptions('FakeClock', ms, atLeast(0, 'milliseconds'), 'ms');
    const until = this.#now + ms;
    await settled();
    for (let next = this.pending[0]; next !== undefined && next <= until; next = this.pending[0]) {
      this.#now = Math.max(this.#now, next);
      this.#sleepers.find(({ at }) => at === next)?.wake();
      await settled();
    }
    this.#now = until;
  }

  /** Moves on by `ms` milliseconds as after a suspension: sleepers due on the way wake late, at its end. */
  async jump(ms: number): Promise<void> {
    checkOptions('FakeClock', ms, atLeast(0, 'milliseconds'), 'ms');
    this.#now += ms;
    await this.advance(0);
  }

  /** Moves on until nobody sleeps. */
  async drain(): Promise<void> {
    await settled();
    for (let next = this.pending[0]; next !== undefined; next = this.pending[0]) {
      await this.advance(next - this.#now);
    }
  }
}

/** Resolves once every promise that needs neither time nor I/O has settled. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
