import { constants } from 'node:os';

/** Signals that the kernel sends a process for its own faults. */
const CRASHES = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP']);
/** Signals that end a process from outside: a user, a scheduler, a terminal. */
const OUTSIDE = new Set([
  'SIGKILL',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGUSR1',
  'SIGUSR2',
  'SIGALRM',
  'SIGVTALRM',
  'SIGXCPU',
  'SIGPWR',
  'SIGSTKFLT',
]);

/** How a process ended, as its parent sees it. */
export interface ProcessEnd {
  exitcode?: number | null | undefined;
  signal?: string | null | undefined;
}

/** Signals by number; shells and containers report a death by a signal as exit code 128 + number. */
const BY_NUMBER = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));
/** `constants.signals` also calls number 6 SIGIOT. */
BY_NUMBER.set(constants.signals.SIGABRT, 'SIGABRT');

/** The signal a process died of, even if a shell or a container reported it as an exit code; null if none. */
export function signalOf({ exitcode, signal }: ProcessEnd): string | null {
  if (signal) return signal;
  return (exitcode ?? 0) > 128 ? (BY_NUMBER.get(exitcode! - 128) ?? null) : null;
}

/** Whether the process crashed through its own fault. A user's `kill -SEGV` looks the same. */
export const isCrash = (end: ProcessEnd): boolean => CRASHES.has(signalOf(end) ?? '');

/**
 * Whether the process was ended from outside. The kernel's out-of-memory killer looks the same, see
 * `OomKiller`.
 */
export const isFromOutside = (end: ProcessEnd): boolean => OUTSIDE.has(signalOf(end) ?? '');

/** Whether the process died of SIGKILL, whoever sent it. */
export const isKill = (end: ProcessEnd): boolean => signalOf(end) === 'SIGKILL';
