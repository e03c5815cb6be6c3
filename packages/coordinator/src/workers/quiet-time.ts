import type { ProcessLook } from '../processes/process-look.js';

/** Why a worker made no progress: it computed (`hung`), a signal had stopped it (`stopped`), or it did not run (`idle`). */
export type Silence = 'hung' | 'stopped' | 'idle';

/** What a worker did since its last sign of life, as looks at its process show. */
export class QuietTime {
  /** Milliseconds for which it was found stopped. */
  stoppedMs = 0;
  #first: { at: number; cpuMs: number } | null = null;
  #last: { at: number; cpuMs: number } | null = null;

  /**
   * Adds a look.
   *
   * @param since when the worker gave its last sign of life.
   * @param most milliseconds that one look speaks for at most: what was between two looks further apart is not known.
   */
  add(look: ProcessLook | null, { now, since, most }: { now: number; since: number; most: number }): void {
    if (look === null) return;
    const { cpuMs, stopped } = look;
    if (stopped) this.stoppedMs += Math.min(most, now - (this.#last?.at ?? since));
    this.#last = { at: now, cpuMs };
    this.#first ??= this.#last;
  }

  /** The share of one processor that it used between the first look and the last; null where there was no time between. */
  get cpuShare(): number | null {
    if (this.#first === null || this.#last === null || this.#last.at <= this.#first.at) return null;
    return (this.#last.cpuMs - this.#first.cpuMs) / (this.#last.at - this.#first.at);
  }
}
