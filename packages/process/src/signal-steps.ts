/** How a run reacts to a signal. `stop`: save and exit; `hurry`: kill the workers; `die`: kill this process. */
export type SignalStep = 'stop' | 'ignore' | 'hurry' | 'die';

/**
 * Batch systems send these some time before they stop a job, and the kernel repeats SIGXCPU every second past the limit.
 * So a second one does not mean impatience.
 */
const WARNINGS: ReadonlySet<string> = new Set(['SIGUSR1', 'SIGUSR2', 'SIGXCPU']);

/** Counts a run's signals: the first one saves and stops the run; a second kills everything, unless it is a warning. */
export class SignalSteps {
  #stopping = false;
  #orders = 0;

  /** @param workers whether there are workers to kill. */
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
