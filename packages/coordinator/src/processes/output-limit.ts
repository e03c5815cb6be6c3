import { above0, atLeast, checkOptions, object } from '@holdfast/options';
import { isLine, isTime } from '../argument-checks.js';

export interface OutputLimitOptions {
  /** Lines that may come in one burst. Default 1000; at least 2. */
  burst?: number;
  /** Sustained lines a second. Default 200. */
  linesPerSec?: number;
}

export const outputLimitOptions = object<OutputLimitOptions>({
  burst: atLeast(2, 'lines'),
  linesPerSec: above0('lines a second'),
});

/** Characters that count as one line; a longer line counts as several. */
const LINE = 1024;

/** Last lines kept of those left out: a worker's last output explains its end. */
const KEPT = 10;

/**
 * Limits a worker's output to what a log can hold and counts the lines left out, so endless output fills no
 * disk. A token bucket: a line costs one token per started 1024 characters, and `linesPerSec` tokens come
 * back each second. Once it leaves lines out, it waits until a second's worth has come back, so readable
 * stretches of a flood get through. Pure decision without a clock; one for each stream of each worker.
 */
export class OutputLimit {
  readonly #burst: number;
  readonly #linesPerSec: number;
  #tokens: number;
  /** Milliseconds at the last line. */
  #at = Number.NEGATIVE_INFINITY;
  #leftOut = 0;
  #last: string[] = [];

  /** @throws RangeError for a limit that would let nothing through. */
  constructor(options: OutputLimitOptions = {}) {
    checkOptions('OutputLimit', options, outputLimitOptions);
    const { burst = 1000, linesPerSec = 200 } = options;
    this.#burst = burst;
    this.#linesPerSec = linesPerSec;
    this.#tokens = burst;
  }

  /**
   * @param nowMs the time in milliseconds, which never runs backwards.
   * @returns what to report now: nothing, the line, or the count of lines left out before it and the line.
   */
  push(line: string, nowMs: number): string[] {
    // NaN would let everything through from here on.
    checkOptions('push', line, isLine, 'line');
    checkOptions('push', nowMs, isTime, 'nowMs');
    const elapsed = Math.max(0, nowMs - this.#at);
    this.#at = nowMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + (elapsed * this.#linesPerSec) / 1000);
    const after = this.#leftOut > 0;
    // Even the longest line must pass at some point, together with the count before it.
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

  /** The stream has ended. @returns what to report: how many lines were left out, and the last of them. */
  end(): string[] {
    const last = this.#last;
    return [...this.#countLine(last.length), ...last];
  }

  /** The count of lines left out, minus `but` that are reported after all; starts a new count. */
  #countLine(but: number): string[] {
    const count = this.#leftOut - but;
    this.#leftOut = 0;
    this.#last = [];
    return count > 0 ? [formatLeftOut(count, this.#linesPerSec)] : [];
  }
}

const formatLeftOut = (count: number, linesPerSec: number) =>
  `[${count} ${count === 1 ? 'line' : 'lines'} left out: more than ${linesPerSec} a second]`;
