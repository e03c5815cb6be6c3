import { decide, type Thresholds, type TriggerReason } from './decide.js';
import { resolveThresholds } from './thresholds.js';

export interface TriggerOptions extends Partial<Thresholds> {
  /** Where viral mode is looked up. Default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** The clock, in milliseconds; it must not run backwards. Default `performance.now`. */
  now?: () => number;
}

/**
 * Says when to checkpoint: after so many sequences (default 10,000; 5,000 in viral mode), after so many seconds (300;
 * 180 in viral mode), and in any case after 600 seconds. Once it says so, it goes on saying so until `reset()`.
 */
export class CheckpointTrigger {
  /** The thresholds in force. */
  readonly thresholds: Readonly<Thresholds>;
  readonly #now: () => number;
  #sequences = 0;
  #since: number;

  /** @throws RangeError for a threshold that is not a number above 0. */
  constructor({ env = process.env, now = () => performance.now(), ...thresholds }: TriggerOptions = {}) {
    this.thresholds = resolveThresholds(thresholds, env);
    this.#now = now;
    this.#since = now();
  }

  /**
   * Counts a batch that was embedded, and tells whether a checkpoint is due now.
   *
   * @param batchSize sequences in the batch.
   * @throws RangeError when it is not a whole number, at least 0.
   */
  shouldCheckpoint(batchSize: number): [due: true, reason: TriggerReason] | [due: false, reason: null] {
    if (!Number.isSafeInteger(batchSize) || batchSize < 0) {
      throw new RangeError(`batchSize must be a whole number, at least 0, not ${batchSize}`);
    }
    this.#sequences += batchSize;
    const seconds = (this.#now() - this.#since) / 1000;
    const reason = decide({ sequences: this.#sequences, seconds }, this.thresholds);
    return reason === null ? [false, null] : [true, reason];
  }

  /** Begins anew: a checkpoint was made. */
  reset(): void {
    this.#sequences = 0;
    this.#since = this.#now();
  }
}
