import { decide, type Thresholds, type TriggerPolicy, type TriggerReason } from './decide.js';
import { firstOf } from './policies.js';
import { resolveThresholds } from './thresholds.js';

export interface TriggerOptions<Reason extends string = never> extends Partial<Thresholds> {
  /** Further rules, in their order; they are asked before the thresholds. */
  policies?: readonly TriggerPolicy<Reason>[];
  /** Where viral mode is looked up. Default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** The clock, in milliseconds; it must not run backwards. Default `performance.now`. */
  now?: () => number;
}

/**
 * Says when to checkpoint: after so many sequences (default 10,000; 5,000 in viral mode), after so many seconds (300;
 * 180 in viral mode), and in any case after 600 seconds. Once it says so, it goes on saying so until `reset()`.
 */
export class CheckpointTrigger<Reason extends string = never> {
  /** The thresholds in force. */
  readonly thresholds: Readonly<Thresholds>;
  readonly #now: () => number;
  readonly #policy: TriggerPolicy<Reason | TriggerReason>;
  #sequences = 0;
  #bytes = 0;
  #since: number;

  /** @throws RangeError for a threshold that is not a number above 0. */
  constructor({
    env = process.env,
    now = () => performance.now(),
    policies = [],
    ...thresholds
  }: TriggerOptions<Reason> = {}) {
    this.thresholds = resolveThresholds(thresholds, env);
    this.#policy = firstOf<Reason | TriggerReason>(...policies, (at) => decide(at, this.thresholds));
    this.#now = now;
    this.#since = now();
  }

  /**
   * Counts a batch that was embedded, and tells whether a checkpoint is due now.
   *
   * @param batchSize sequences in the batch.
   * @param batchBytes bytes of their rows, for rules that count them.
   * @throws RangeError when one of them is not a whole number, at least 0.
   */
  shouldCheckpoint(
    batchSize: number,
    batchBytes = 0,
  ): [due: true, reason: Reason | TriggerReason] | [due: false, reason: null] {
    for (const [name, value] of Object.entries({ batchSize, batchBytes })) {
      if (!Number.isSafeInteger(value) || value < 0)
        throw new RangeError(`${name} must be a whole number, at least 0, not ${value}`);
    }
    this.#sequences += batchSize;
    this.#bytes += batchBytes;
    const seconds = (this.#now() - this.#since) / 1000;
    const reason = this.#policy({ sequences: this.#sequences, seconds, bytes: this.#bytes });
    return reason === null ? [false, null] : [true, reason];
  }

  /** Begins anew: a checkpoint was made. */
  reset(): void {
    this.#sequences = 0;
    this.#bytes = 0;
    this.#since = this.#now();
  }
}
