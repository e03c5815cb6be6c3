import {
  above0,
  array,
  callback,
  checkOptions,
  signal as isSignal,
  OptionTypeError,
  words,
} from '@holdfast/options';
import type { TriggerPolicy } from './decide.js';

/**
 * A checkpoint whenever this many bytes of rows are unsaved.
 *
 * @throws RangeError for what is not a number above 0; TypeError for a reason that is not a text.
 */
export function everyBytes<Reason extends string = 'byte_threshold'>(
  bytes: number,
  reason = 'byte_threshold' as Reason,
): TriggerPolicy<Reason> {
  checkOptions('everyBytes', bytes, above0('bytes'), 'bytes');
  checkOptions('everyBytes', reason, words, 'reason');
  return (progress) => (progress.bytes >= bytes ? reason : null);
}

/**
 * A checkpoint after every batch once a signal is aborted, such as by a preemption notice.
 *
 * @throws TypeError for anything but an AbortSignal, and for a reason that is not a text.
 */
export function onceAborted<Reason extends string = 'preemption_notice'>(
  signal: AbortSignal,
  reason = 'preemption_notice' as Reason,
): TriggerPolicy<Reason> {
  checkOptions('onceAborted', signal, isSignal, 'signal');
  checkOptions('onceAborted', reason, words, 'reason');
  return ({ sequences }) => (signal.aborted && sequences > 0 ? reason : null);
}

/**
 * Combines several rules: the first that returns a reason wins.
 *
 * @throws TypeError for anything but functions, and when a rule returns something that is not a reason.
 */
export function firstOf<Reason extends string>(
  ...policies: readonly TriggerPolicy<Reason>[]
): TriggerPolicy<Reason> {
  checkOptions('firstOf', policies, array(callback, 'functions'), 'policies');
  return (progress) => {
    for (const policy of policies) {
      const reason: unknown = policy(progress);
      // A function without a result, or `condition && 'reason'`, means that nothing is due.
      if (reason === null || reason === undefined || reason === false) continue;
      if (typeof reason !== 'string')
        throw new OptionTypeError(
          `a policy must return a reason or null, synchronously; not a value of type ${typeof reason}`,
          {
            of: 'firstOf',
            option: `policies[${policies.indexOf(policy)}]`,
            given: reason,
          },
        );
      return reason as Reason;
    }
    return null;
  };
}
