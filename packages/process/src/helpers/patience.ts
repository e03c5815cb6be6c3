/** What is told of something that is waited for. */
export interface Waiting {
  /** Since its last sign. */
  seconds: number;
  /** When it is given up. */
  limitSeconds: number;
  /** What it said that it does; null: it has said nothing yet. */
  stage: string | null;
}

export interface PatienceOptions {
  /** Milliseconds until the first sign, if fewer than the limit. Default: the limit. */
  firstMs?: number;
  /** Told once it is waited for long, and again each minute. */
  onWaiting?: ((waiting: Waiting) => void) | undefined;
  /** Told once, with the milliseconds waited. */
  onLimit(silentMs: number): void;
}

/** Milliseconds: how often it is looked, from when on a wait is told, and how often it is told again. */
const LOOK_EVERY = 250;
const FIRST = 10_000;
const AGAIN = 60_000;

/**
 * Waits for signs of progress, up to a limit. Only time in which this process ran counts: while it is suspended, what it waits
 * for may be suspended as well.
 */
export class Patience {
  #limitMs: number;
  readonly #laterMs: number;
  readonly #options: PatienceOptions;
  readonly #timer: NodeJS.Timeout;
  #stage: string | null = null;
  #silentMs = 0;
  #nextTold: number;
  #looked = performance.now();

  constructor(limitMs: number, options: PatienceOptions) {
    this.#laterMs = limitMs;
    this.#limitMs = Math.min(options.firstMs ?? limitMs, limitMs);
    this.#options = options;
    this.#nextTold = this.#first;
    this.#timer = setInterval(() => this.#look(), Math.min(LOOK_EVERY, Math.max(1, limitMs / 4)));
  }

  /** A sign of progress: the wait begins again. */
  progress(stage: string | null): void {
    this.#stage = stage;
    this.#limitMs = this.#laterMs;
    this.#silentMs = 0;
    this.#nextTold = this.#first;
  }

  /** Nothing is waited for any more. */
  end(): void {
    clearInterval(this.#timer);
  }

  /** A short limit has its word as well. */
  get #first(): number {
    return Math.min(FIRST, this.#limitMs / 2);
  }

  #look(): void {
    const now = performance.now();
    this.#silentMs += Math.min(now - this.#looked, 4 * LOOK_EVERY);
    this.#looked = now;
    if (this.#silentMs >= this.#limitMs) {
      this.end();
      this.#options.onLimit(this.#silentMs);
    } else if (this.#silentMs >= this.#nextTold) {
      this.#nextTold = this.#silentMs + AGAIN;
      this.#options.onWaiting?.({
        seconds: Math.round(this.#silentMs / 1000),
        limitSeconds: this.#limitMs / 1000,
        stage: this.#stage,
      });
    }
  }
}
