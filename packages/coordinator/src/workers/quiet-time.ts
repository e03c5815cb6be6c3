import type { ProcessLook } from '../processes/process-look.js';

/**
 * Why a worker made no progress: it used the CPU (`hung`), a signal had stopped it (`stopped`), or it waited
 * (`idle`).
 */
export type Silence = 'hung' | 'stopped' | 'idle';

/** A worker's activity since its last sign of life, from samples of its process. */
export class QuietTime {
  /** Milliseconds for which it was found stopped. */
  stoppedMs = 0;
  #first: { at: number; cpuMs: number } | null = null;
  #last: { at: number; cpuMs: number } | null = null;

  /**
   * Adds a sample.
   *
   * @param since when the worker gave its last sign of life.
   * @param most longest time one sample stands for, milliseconds: nothing is known about a longer gap.
   */
  add(look: ProcessLook | null, { now, since, most }: { now: number; since: number; most: number }): void {
    if (look === null) return;
    const { cpuMs, stopped } = look;
    if (stopped) this.stoppedMs += Math.min(most, now - (this.#last?.at ?? since));
    this.#last = { at: now, cpuMs };
    this.#first ??= this.#last;
  }

  /**
   * Share of one processor used between the first and the last sample; null if no time passed between them.
   */
  get cpuShare(): number | null {
    if (this.#first === null || this.#last === null || this.#last.at <= this.#first.at) return null;
    return (this.#last.cpuMs - this.#first.cpuMs) / (this.#last.at - this.#first.at);
  }
}
