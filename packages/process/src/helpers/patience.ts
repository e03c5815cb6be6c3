/** The state of a wait. */
export interface Waiting {
  /** Seconds since the last progress. */
  seconds: number;
  /** When the wait is given up. */
  limitSeconds: number;
  /** The step it reported; null before the first. */
  stage: string | null;
}

export interface PatienceOptions {
  /** Milliseconds until the first progress, if fewer than the limit. Default: the limit. */
  firstMs?: number;
  /** Called once the wait is long, and then every minute. */
  onWaiting?: ((waiting: Waiting) => void) | undefined;
  /** Called once, with the milliseconds waited. */
  onLimit(silentMs: number): void;
}

/** Milliseconds: the polling interval, the first report of a wait, and the interval of later reports. */
const CHECK_EVERY = 250;
const FIRST = 10_000;
const AGAIN = 60_000;

/**
 * Waits for progress, up to a limit. Only time in which this process ran counts: while it is suspended, the process it waits for
 * may be suspended too.
 */
export class Patience {
  #limitMs: number;
  readonly #laterMs: number;
  readonly #options: PatienceOptions;
  readonly #timer: NodeJS.Timeout;
  #stage: string | null = null;
  #silentMs = 0;
  #nextReport: number;
  #checked = performance.now();

  constructor(limitMs: number, options: PatienceOptions) {
    this.#laterMs = limitMs;
    this.#limitMs = Math.min(options.firstMs ?? limitMs, limitMs);
    this.#options = options;
    this.#nextReport = this.#first;
    this.#timer = setInterval(() => this.#check(), Math.min(CHECK_EVERY, Math.max(1, limitMs / 4)));
  }

  /** Restarts the wait after progress. */
  progress(stage: string | null): void {
    this.#stage = stage;
    this.#limitMs = this.#laterMs;
    this.#silentMs = 0;
    this.#nextReport = this.#first;
  }

  /** Ends the wait. */
  end(): void {
    clearInterval(this.#timer);
  }

  /** A short limit is reported too, halfway. */
  get #first(): number {
    return Math.min(FIRST, this.#limitMs / 2);
  }

  #check(): void {
    const now = performance.now();
    this.#silentMs += Math.min(now - this.#checked, 4 * CHECK_EVERY);
    this.#checked = now;
    if (this.#silentMs >= this.#limitMs) {
      this.end();
      this.#options.onLimit(this.#silentMs);
    } else if (this.#silentMs >= this.#nextReport) {
      this.#nextReport = this.#silentMs + AGAIN;
      this.#options.onWaiting?.({
        seconds: Math.round(this.#silentMs / 1000),
        limitSeconds: this.#limitMs / 1000,
        stage: this.#stage,
      });
    }
  }
}
