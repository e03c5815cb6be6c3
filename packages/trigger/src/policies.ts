import type { TriggerPolicy } from './decide.js';

/**
 * A checkpoint every so many bytes of rows.
 *
 * @throws RangeError for what is not a number above 0.
 */
export function everyBytes<Reason extends string = 'byte_threshold'>(
  bytes: number,
  reason = 'byte_threshold' as Reason,
): TriggerPolicy<Reason> {
  if (typeof bytes !== 'number' || !(bytes > 0))
    throw new RangeError(`everyBytes: a number above 0 is wanted, not ${String(bytes)}`);
  return (progress) => (progress.bytes >= bytes ? reason : null);
}

/**
 * From the moment a signal is aborted, such as by the notice that the machine will be taken away, a checkpoint after every
 * batch.
 */
export function onceAborted<Reason extends string = 'preemption_notice'>(
  signal: AbortSignal,
  reason = 'preemption_notice' as Reason,
): TriggerPolicy<Reason> {
  return ({ sequences }) => (signal.aborted && sequences > 0 ? reason : null);
}

/** The first of several rules that says a checkpoint is due. @throws TypeError when one gives something that is no reason. */
export function firstOf<Reason extends string>(
  ...policies: readonly TriggerPolicy<Reason>[]
): TriggerPolicy<Reason> {
  return (progress) => {
    for (const policy of policies) {
      const reason: unknown = policy(progress);
      // A function that ends without a word, or `condition && 'reason'`, says that nothing is due.
      if (reason === null || reason === undefined || reason === false) continue;
      if (typeof reason !== 'string')
        throw new TypeError(`a policy gives a reason or null, and at once; not ${String(reason)}`);
      return reason as Reason;
    }
    return null;
  };
}
