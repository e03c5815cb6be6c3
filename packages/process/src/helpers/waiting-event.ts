import type { Waiting } from './patience.js';

/** A wait; `seconds`: so far. */
export interface WaitingEvent {
  type: 'waiting';
  reason: string;
  seconds?: number;
  limit_seconds?: number;
}

/** The event of a wait for a helper. @param what the helper, such as `the trial of the model`. */
export function waitingEvent(what: string, { seconds, limitSeconds, stage }: Waiting): WaitingEvent {
  const doing = stage === null ? 'which has not answered yet' : `which is ${stage}`;
  return {
    type: 'waiting',
    reason: `waiting for ${what}, ${doing}: ${seconds} s so far, limit ${limitSeconds} s`,
    seconds,
    limit_seconds: limitSeconds,
  };
}
