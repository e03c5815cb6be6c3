/** What a signal makes of a run. `stop`: save and end; `hurry`: end workers at once; `die`: end this process at once. */
export type SignalStep = 'stop' | 'ignore' | 'hurry' | 'die';

/**
 * Batch systems send these some time before they end a job, and the kernel sends SIGXCPU once a second past the limit: a
 * second one does not mean impatience.
 */
const WARNINGS: ReadonlySet<string> = new Set(['SIGUSR1', 'SIGUSR2', 'SIGXCPU']);

/** Counts the signals of a run: the first has what is done saved, and a second that is no warning ends all at once. */
export class SignalSteps {
  #stopping = false;
  #orders = 0;

  /** @param workers whether there are workers that can be ended. */
  next(signal: string, workers: boolean): SignalStep {
    const warning = WARNINGS.has(signal);
    if (!warning) this.#orders++;
    if (!this.#stopping) {
      this.#stopping = true;
      return 'stop';
    }
    if (warning || this.#orders < 2) return 'ignore';
    return this.#orders === 2 && workers ? 'hurry' : 'die';
  }
}
