import { debuglog } from 'node:util';
import type { Clock } from '../clock.js';
import type { Silence } from './quiet-time.js';
import type { Slot } from './slot.js';

const debug = debuglog('holdfast:coordinator');

/** Longest time between two samples of a busy worker, milliseconds. */
const LOOK_EVERY = 1000;
/** Fewest samples within a stall limit, to notice a worker that was stopped for most of it. */
const LOOKS = 4;
/**
 * A worker that used less of a processor was not computing: it waited for a disk, or the machine was busy.
 */
const LEAST_SHARE = 0.02;

/** A worker that made no progress for the limit. */
export interface Stalled {
  slot: Slot;
  silentMs: number;
  why: Silence;
}

/**
 * Silence after which it is reported, milliseconds: while starting, at a shard, and before each further
 * report.
 */
const REPORT_STARTING = 10_000;
const REPORT_AT_WORK = 60_000;
const REPORT_AGAIN = 60_000;

/** Finds workers that made no progress for the limit, not counting time in which they could not run. */
export class StallWatch {
  readonly #slots: readonly Slot[];
  readonly #clock: Clock;
  readonly #stallMs: number;
  readonly #startStallMs: number;
  readonly #startMs: number;
  readonly #every: number;

  /**
   * @param stallMs milliseconds without progress.
   * @param startStallMs the same for a worker that is starting.
   * @param startMs milliseconds until its first sign of life.
   */
  constructor(
    slots: readonly Slot[],
    clock: Clock,
    stallMs: number,
    startStallMs = stallMs,
    startMs = startStallMs,
  ) {
    this.#slots = slots;
    this.#clock = clock;
    this.#stallMs = stallMs;
    this.#startStallMs = startStallMs;
    this.#startMs = Math.min(startMs, startStallMs);
    this.#every = Math.min(LOOK_EVERY, stallMs / LOOKS);
  }

  /** The check ran late: this process and its workers were suspended. Gives the workers that time back. */
  forgive(late: number): void {
    const now = this.#clock.now();
    for (const slot of this.#slots) slot.lastSign = Math.min(now, slot.lastSign + late);
  }

  /** Samples every worker. @returns those that made no progress for the limit. */
  look(): Stalled[] {
    const now = this.#clock.now();
    return this.#slots.flatMap((slot): Stalled[] => {
      if (!slot.atWork) return [];
      slot.look(now, this.#every);
      const { stoppedMs, cpuShare } = slot.quiet;
      const silentMs = now - slot.lastSign;
      if (stoppedMs >= this.#stallMs) return [{ slot, silentMs, why: 'stopped' }];
      if (now < this.#limitOf(slot)) return [];
      debug('slot %d is silent for %d ms; its share of a processor: %s', slot.index, silentMs, cpuShare);
      return [{ slot, silentMs, why: cpuShare !== null && cpuShare < LEAST_SHARE ? 'idle' : 'hung' }];
    });
  }

  /** Workers whose silence is due for a report; each is returned once per report. */
  get silent(): { slot: Slot; silentMs: number; limitMs: number }[] {
    const now = this.#clock.now();
    return this.#slots
      .filter(({ atWork }) => atWork)
      .map((slot) => ({ slot, silentMs: now - slot.lastSign, limitMs: this.#limitOf(slot) - slot.lastSign }))
      .filter(({ slot, silentMs, limitMs }) => {
        const first = Math.min(slot.life.ready ? REPORT_AT_WORK : REPORT_STARTING, limitMs / 2);
        if (silentMs < slot.reportedSilentMs) slot.reportedSilentMs = 0;
        if (silentMs >= limitMs || silentMs < first) return false;
        if (slot.reportedSilentMs > 0 && silentMs < slot.reportedSilentMs + REPORT_AGAIN) return false;
        slot.reportedSilentMs = silentMs;
        return true;
      });
  }

  /** When to sample again, milliseconds; empty while no worker is busy. */
  nextLooks(now: number): number[] {
    return this.#slots
      .filter(({ atWork }) => atWork)
      .flatMap((slot) => [this.#limitOf(slot), now + Math.max(1, this.#every)]);
  }

  #limitOf({ lastSign, quiet, life }: Slot): number {
    const starting = life.heard ? this.#startStallMs : this.#startMs;
    return lastSign + quiet.stoppedMs + (life.ready ? this.#stallMs : starting);
  }
}
