import { exitCodeOf, STOP_SIGNALS, type StopSignal } from './stop-signals.js';

// The first thing that a process of holdfast loads, before all that takes time: from here on no signal that asks it to end is
// lost or kills it without a word. It imports no more than their list.

/**
 * Whether SIGHUP was ignored when the command was started, as by `nohup`. Node.js resets that before any JavaScript runs, so the
 * launcher looks, and names its process, which becomes the command; workers and helpers are children of that.
 */
export const hangupIgnored: boolean = [process.pid, process.ppid]
  .map(String)
  .includes(process.env['HOLDFAST_HUP_IGNORED'] ?? '');

/** Nothing is there yet that would have to be saved. */
let listener = (signal: StopSignal): void => process.exit(exitCodeOf(signal));

for (const signal of STOP_SIGNALS) {
  process.on(signal, () => {
    if (signal !== 'SIGHUP' || !hangupIgnored) listener(signal);
  });
}

/** Has signals handled otherwise from now on. Until then, the process ends with 128 + the signal's number. */
export function onSignal(next: (signal: StopSignal) => void): void {
  listener = next;
}
