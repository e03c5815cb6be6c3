import type { FromWorker, ToWorker } from '../messages.js';
import type { ProcessLook } from './process-look.js';

/** A worker process as the coordinator sees it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Sends a message. Throws when the line to the process is closed. */
  send(message: ToWorker): void;
  /** Sends a signal; one to a process that is gone does nothing. */
  kill(signal: NodeJS.Signals): void;
  /** What the system shows of the process now; null, or no such method, where it shows nothing. */
  look?(): ProcessLook | null;
}

export interface WorkerListeners {
  message(message: FromWorker): void;
  /** A line the worker printed, without its end. */
  output(stream: 'stdout' | 'stderr', line: string): void;
  /**
   * The process is gone and all it said and printed was told. Called exactly once, never before `spawn` returns.
   * `error` says why no process was made, if that is so.
   */
  exit(code: number | null, signal: string | null, error?: Error): void;
}

/** Starts a worker process in a slot; `attempt` counts the slot's processes from 1. */
export type SpawnWorker = (slot: number, attempt: number, listeners: WorkerListeners) => WorkerProcess;
