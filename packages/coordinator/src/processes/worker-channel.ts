import { array, atLeast, checkOptions, object, oneOf } from '@holdfast/options';
import { STOP_SIGNALS, type StopSignal } from '@holdfast/process';
import { isCallback, isWorker } from '../argument-checks.js';
import type { FromWorker, ToWorker } from '../messages.js';
import { watchForOrphaning } from './orphan-watch.js';

/** Why a worker is to save and exit: a signal, or its coordinator is gone. */
export type StopReason = StopSignal | 'orphaned';

/** A worker's end of the channel to its coordinator. */
export interface WorkerChannel {
  /** Sends a message; resolves once it is handed over. If the coordinator is gone, drops it and resolves. */
  send(message: FromWorker): Promise<void>;
  /** The next message other than a stop; waits indefinitely. */
  next(): Promise<Exclude<ToWorker, { type: 'stop' }>>;
  /**
   * Calls back once when the worker is to save and exit: its coordinator asked, one of `STOP_SIGNALS`
   * arrived, or its coordinator is gone. If that already happened, calls back immediately.
   */
  onStop(callback: (reason: StopReason) => void): void;
}

export interface WorkerChannelOptions {
  /**
   * Milliseconds the worker gets to save and exit once its coordinator is gone; then it is killed, even if
   * its main thread is blocked. Default 30,000.
   */
  orphanGraceMs?: number;
  /** Signals to ignore, such as SIGHUP under `nohup`. Default: none. */
  ignored?: readonly StopSignal[];
}

const channelOptions = object<WorkerChannelOptions>({
  orphanGraceMs: atLeast(0, 'milliseconds'),
  ignored: array(oneOf(STOP_SIGNALS), 'signals'),
});

/**
 * Opens the channel of a process that `forkWorkers` started. Call it early: from then on no stop signal ends
 * the process.
 *
 * @throws RangeError and TypeError for invalid options, such as a negative grace.
 */
export function workerChannel(worker: NodeJS.Process, options: WorkerChannelOptions = {}): WorkerChannel {
  checkOptions('workerChannel', worker, isWorker, 'worker');
  checkOptions('workerChannel', options, channelOptions);
  const { orphanGraceMs = 30_000, ignored = [] } = options;
  watchForOrphaning(orphanGraceMs);
  const waiting: Exclude<ToWorker, { type: 'stop' }>[] = [];
  const takers: ((message: Exclude<ToWorker, { type: 'stop' }>) => void)[] = [];
  const callbacks: ((reason: StopReason) => void)[] = [];
  // The coordinator may have died while this process was starting; nothing would report that later.
  let stopped: StopReason | null = worker.connected ? null : 'orphaned';
  const stop = (reason: StopReason) => {
    if (stopped !== null) return;
    stopped = reason;
    for (const callback of callbacks) callback(reason);
  };
  worker.on('message', (message: ToWorker) => {
    if (message.type === 'stop') return stop(message.signal);
    const taker = takers.shift();
    if (taker) taker(message);
    else waiting.push(message);
  });
  worker.on('disconnect', () => stop('orphaned'));
  for (const signal of STOP_SIGNALS) {
    // Without a listener the signal would end the process.
    worker.on(signal, () => {
      if (!ignored.includes(signal)) stop(signal);
    });
  }
  // Printing into the pipe of a dead coordinator must not end the process before it has saved.
  worker.stdout.on('error', () => undefined);
  worker.stderr.on('error', () => undefined);
  return {
    send: (message) =>
      new Promise((resolve) => {
        if (worker.send === undefined || !worker.connected) resolve();
        else worker.send(message, undefined, undefined, () => resolve());
      }),
    next: () =>
      new Promise((resolve) => {
        const message = waiting.shift();
        if (message) resolve(message);
        else takers.push(resolve);
      }),
    onStop(callback) {
      checkOptions('onStop', callback, isCallback, 'callback');
      if (stopped === null) callbacks.push(callback);
      else callback(stopped);
    },
  };
}
