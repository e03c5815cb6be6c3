import { above0, atLeast, checkOptions, object } from '@holdfast/options';
import { isLine, isTime } from '../argument-checks.js';

export interface OutputLimitOptions {
  /** Lines that may come at once. Default 1000; at least 2. */
  burst?: number;
  /** Lines a second that may come for ever. Default 200. */
  linesPerSec?: number;
}

export const outputLimitOptions = object<OutputLimitOptions>({
  burst: atLeast(2, 'lines'),
  linesPerSec: above0('lines a second'),
});

/** Characters of a line from which on it counts for several. */
const LINE = 1024;

/** Last lines that are kept of those left out: what a worker says before it ends is what says why. */
const KEPT = 10;

/**
 * Lets so much of a worker's output through as a log can hold, and says how much it left out, so that a worker that prints
 * without end fills neither. A token bucket: a line costs one token for each 1024 characters that it begins, and so many
 * come back each second. Once it leaves lines out it does so until a second's worth has come back, so that what is let
 * through of a flood are stretches that can be read. Decides only: has no clock. One for each stream of each worker.
 */
export class OutputLimit {
  readonly #burst: number;
  readonly #linesPerSec: number;
  #tokens: number;
  /** Milliseconds at the last line. */
  #at = Number.NEGATIVE_INFINITY;
  #leftOut = 0;
  #last: string[] = [];

  /** @throws RangeError for a limit that lets nothing through. */
  constructor(options: OutputLimitOptions = {}) {
    checkOptions('OutputLimit', options, outputLimitOptions);
    const { burst = 1000, linesPerSec = 200 } = options;
    this.#burst = burst;
    this.#linesPerSec = linesPerSec;
    this.#tokens = burst;
  }

  /**
   * @param nowMs the time in milliseconds, which never runs backwards.
   * @returns what to tell now: nothing, the line, or how many were left out before it and the line.
   */
  push(line: string, nowMs: number): string[] {
    // NaN would let everything through from then on.
    checkOptions('push', line, isLine, 'line');
    checkOptions('push', nowMs, isTime, 'nowMs');
    const elapsed = Math.max(0, nowMs - this.#at);
    this.#at = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#linesPerSec) / 1000);
    const after = this.#leftOut > 0;
    // The longest line must have its turn, too, beside the count before it.
    const cost = Math.min(Math.ceil(line.length / LINE) || 1, this.#burst - 1) + (after ? 1 : 0);
    const needed = after ? Math.max(cost, Math.min(this.#linesPerSec, this.#burst)) : cost;
    if (this.#tokens < needed) {
      this.#leftOut++;
      this.#last.push(line);
      if (this.#last.length > KEPT) this.#last.shift();
      return [];
    }
    this.#tokens -= cost;
    return [...this.#countLine(0), line];
  }

  /** The stream has ended. @returns what to tell: how many lines were left out at last, and the last of them. */
  end(): string[] {
    const last = this.#last;
    return [...this.#countLine(last.length), ...last];
  }

  /** The count of lines left out, but for so many that are told after all; begins a new one. */
  #countLine(but: number): string[] {
    const count = this.#leftOut - but;
    this.#leftOut = 0;
    this.#last = [];
    return count > 0 ? [formatLeftOut(count, this.#linesPerSec)] : [];
  }
}

const formatLeftOut = (count: number, linesPerSec: number) =>
  `[${count} ${count === 1 ? 'line' : 'lines'} left out: more than ${linesPerSec} a second]`;
