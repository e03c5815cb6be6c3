import type { RunEvent } from './events.js';
import type { Waiting } from './patience.js';

/** The event of a wait for a helper process. @param what what is waited for, such as `the trial of the model`. */
export function waitingEvent(
  what: string,
  { seconds, limitSeconds, stage }: Waiting,
): Extract<RunEvent, { type: 'waiting' }> {
  const doing = stage === null ? 'which has not answered yet' : `which is ${stage}`;
  return {
    type: 'waiting',
    reason: `waiting for ${what}, ${doing}: ${seconds} s so far, given up after ${limitSeconds} s`,
    seconds,
    limit_seconds: limitSeconds,
  };
}
