import { exitCodeOf, STOP_SIGNALS, type StopSignal } from './stop-signals.js';

// Every holdfast process loads this first, before anything slow: from here on no stop signal is lost or kills it silently. It
// imports only the list of signals.

/**
 * Whether SIGHUP was ignored when the command was started, as `nohup` does. Node.js resets that before any JavaScript runs, so
 * the launcher checks it and passes its process ID, which becomes the command's; workers and helpers are its children.
 */
export const hangupIgnored: boolean = [process.pid, process.ppid]
  .map(String)
  .includes(process.env['HOLDFAST_HUP_IGNORED'] ?? '');

/** Exits: there is nothing to save yet. */
let listener = (signal: StopSignal): void => process.exit(exitCodeOf(signal));

for (const signal of STOP_SIGNALS) {
  process.on(signal, () => {
    if (signal !== 'SIGHUP' || !hangupIgnored) listener(signal);
  });
}

/** Sets the handler of stop signals. Until then, a signal makes the process exit with 128 + its number. */
export function onSignal(next: (signal: StopSignal) => void): void {
  listener = next;
}
