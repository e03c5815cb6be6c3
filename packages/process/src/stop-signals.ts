import { constants } from 'node:os';
import { checkOptions, kind, oneOf, required } from '@holdfast/options';

/**
 * Signals on which a process saves and exits. SIGUSR1, SIGUSR2 and SIGXCPU are warnings of batch systems and of a CPU time
 * limit; SIGHUP is the end of a login.
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

/** Checks that a value is one of the signals. */
export const isStopSignal = required(oneOf(STOP_SIGNALS));

const isExitCode = kind(
  'an exit code, null or undefined',
  (given) => given === null || typeof given === 'number',
);
const isSignalName = kind(
  "a signal's name, null or undefined",
  (given) => given === null || typeof given === 'string',
);

const codeOf = (signal: StopSignal): number => 128 + constants.signals[signal];

/**
 * The exit code of a process that a signal stopped, as a shell reports it: 128 + its number.
 *
 * @throws RangeError for another signal (`code` is `invalid_option`).
 */
export function exitCodeOf(signal: StopSignal): number {
  checkOptions('exitCodeOf', signal, isStopSignal, 'signal');
  return codeOf(signal);
}

/**
 * The signal that stopped a process, by its death or by its exit code; null if none did.
 *
 * @throws TypeError for an invalid exit code or name (`code` is `invalid_option`).
 */
export function stopSignalOf(
  exitcode: number | null | undefined,
  signal: string | null | undefined,
): StopSignal | null {
  if (exitcode !== undefined) checkOptions('stopSignalOf', exitcode, isExitCode, 'exitcode');
  if (signal !== undefined) checkOptions('stopSignalOf', signal, isSignalName, 'signal');
  return stoppedBy(exitcode, signal);
}

/** Like `stopSignalOf`, but accepts any value: a strange report must not stop the run. */
export function stoppedBy(exitcode: unknown, signal: unknown): StopSignal | null {
  return STOP_SIGNALS.find((each) => each === signal || (!signal && codeOf(each) === exitcode)) ?? null;
}
