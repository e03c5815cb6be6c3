import { constants } from 'node:os';

/**
 * Signals on which a process saves and ends in order. SIGUSR1, SIGUSR2 and SIGXCPU are the warnings of batch systems and of a
 * limit on CPU time; SIGHUP is the end of a login.
 */
export const STOP_SIGNALS = [
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGXCPU',
] as const;

/** One of {@link STOP_SIGNALS}. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** The exit code of a process that a signal stopped, as a shell tells it: 128 + its number. */
export const exitCodeOf = (signal: StopSignal): number => 128 + constants.signals[signal];

/** The signal that stopped a process, by its death or by its exit code; null if none did. */
export function stopSignalOf(
  exitcode: number | null | undefined,
  signal: string | null | undefined,
): StopSignal | null {
  return STOP_SIGNALS.find((each) => each === signal || (!signal && exitCodeOf(each) === exitcode)) ?? null;
}
