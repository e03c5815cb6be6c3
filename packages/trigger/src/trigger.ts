import { array, callback, checkOptions, OptionRangeError, object } from '@holdfast/options';
import { isCount, isEnv } from './argument-checks.js';
import {
  reasonFor,
  type Thresholds,
  type TriggerPolicy,
  type TriggerReason,
  thresholdChecks,
} from './decide.js';
import { firstOf } from './policies.js';
import { resolveThresholds } from './thresholds.js';

export interface TriggerOptions<Reason extends string = never> extends Partial<Thresholds> {
  /** Further rules, evaluated in order and before the thresholds, except the emergency. */
  policies?: readonly TriggerPolicy<Reason>[];
  /** The environment that sets viral mode. Default `process.env`. */
  env?: NodeJS.ProcessEnv;
  /** The clock, in milliseconds. Default `performance.now`. */
  now?: () => number;
}

const triggerOptions = object<TriggerOptions>({
  ...thresholdChecks,
  policies: array(callback, 'functions'),
  env: isEnv,
  now: callback,
});

/**
 * Decides when to checkpoint: after a number of sequences (default 10,000; 5,000 in viral mode), after a
 * number of seconds (300; 180 in viral mode), and in any case after 600 seconds. Once due, a checkpoint stays
 * due until `reset()`.
 */
export class CheckpointTrigger<Reason extends string = never> {
  /** The thresholds in force. */
  readonly thresholds: Readonly<Thresholds>;
  readonly #now: () => number;
  /** The caller's rules, in their order. */
  readonly #rules: TriggerPolicy<Reason>;
  #sequences = 0;
  #bytes = 0;
  /** Seconds up to the latest time seen; a clock that is set back does not reduce them. */
  #seconds = 0;
  #since: number;
  /** Why a checkpoint is due; kept until `reset()`. */
  #due: Reason | TriggerReason | null = null;

  /**
   * @throws RangeError for a threshold that is not a number above 0, and for an unknown name; TypeError for
   * rules other than functions.
   */
  constructor(options: TriggerOptions<Reason> = {}) {
    checkOptions('CheckpointTrigger', options, triggerOptions);
    const { env = process.env, now = () => performance.now(), policies = [], ...thresholds } = options;
    this.thresholds = Object.freeze(resolveThresholds(thresholds, env));
    this.#rules = firstOf(...policies);
    this.#now = now;
    this.#since = this.#time();
  }

  /**
   * Counts an embedded batch and decides whether a checkpoint is due.
   *
   * @param batchSize sequences in the batch.
   * @param batchBytes bytes of their rows, for rules that count them.
   * @throws RangeError if one of them is not a whole number of at least 0, or the clock does not return a
   * number; what a rule throws, unless the emergency is due; TypeError if a rule returns something that is
   * not a reason.
   */
  shouldCheckpoint(
    batchSize: number,
    batchBytes = 0,
  ): [due: true, reason: Reason | TriggerReason] | [due: false, reason: null] {
    checkOptions('shouldCheckpoint', batchSize, isCount, 'batchSize');
    checkOptions('shouldCheckpoint', batchBytes, isCount, 'batchBytes');
    this.#sequences += batchSize;
    this.#bytes += batchBytes;
    this.#seconds = Math.max(this.#seconds, (this.#time() - this.#since) / 1000);
    this.#due ??= this.#decide();
    return this.#due === null ? [false, null] : [true, this.#due];
  }

  /** Starts counting again, after a checkpoint. */
  reset(): void {
    this.#sequences = 0;
    this.#bytes = 0;
    this.#seconds = 0;
    this.#due = null;
    this.#since = this.#time();
  }

  #decide(): Reason | TriggerReason | null {
    const progress = Object.freeze({
      sequences: this.#sequences,
      seconds: this.#seconds,
      bytes: this.#bytes,
    });
    const reason = reasonFor(progress, this.thresholds);
    // Before the caller's rules: whatever they return or throw, this is due.
    if (reason === 'emergency_time_override') return reason;
    return this.#rules(progress) ?? reason;
  }

  #time(): number {
    const time = this.#now();
    if (!Number.isFinite(time)) {
      const refused = { of: 'CheckpointTrigger', option: 'now', given: time };
      throw new OptionRangeError(`the clock returned ${String(time)}, which is not a time`, refused);
    }
    return time;
  }
}
