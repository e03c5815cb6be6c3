import type { FromWorker, ToWorker } from '../messages.js';
import type { ProcessLook } from './process-look.js';

/** A worker process as the coordinator sees it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  /** Sends a message. Throws if the channel to the process is closed. */
  send(message: ToWorker): void;
  /** Sends a signal; one to a process that is gone does nothing. */
  kill(signal: NodeJS.Signals): void;
  /** The process's current state; null, or no such method, if the system does not show it. */
  look?(): ProcessLook | null;
}

export interface WorkerListeners {
  message(message: FromWorker): void;
  /** A line the worker printed, without its line break. */
  output(stream: 'stdout' | 'stderr', line: string): void;
  /**
   * The process is gone, and all its messages and output were reported. Called exactly once, never before
   * `spawn` returns. `error`: why no process was created, if so.
   */
  exit(code: number | null, signal: string | null, error?: Error): void;
}

/** Starts a worker process in a slot; `attempt` counts the slot's processes from 1. */
export type SpawnWorker = (slot: number, attempt: number, listeners: WorkerListeners) => WorkerProcess;
