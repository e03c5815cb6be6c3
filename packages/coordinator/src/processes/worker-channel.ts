import { array, atLeast, checkOptions, object, oneOf } from '@holdfast/options';
import { STOP_SIGNALS, type StopSignal } from '@holdfast/process';
import { isCallback, isWorker } from '../argument-checks.js';
import type { FromWorker, ToWorker } from '../messages.js';
import { watchForOrphaning } from './orphan-watch.js';

/** Why a worker is to save and end: a signal, or that its coordinator is gone. */
export type StopReason = StopSignal | 'orphaned';

/** A worker's end of the line to its coordinator. */
export interface WorkerChannel {
  /** Sends a message; resolves when it is handed over. When the coordinator is gone it resolves too, and drops it. */
  send(message: FromWorker): Promise<void>;
  /** The next message that is no stop; waits for one for as long as it takes. */
  next(): Promise<Exclude<ToWorker, { type: 'stop' }>>;
  /**
   * Calls back, once, when the worker is to save and end: told so by its coordinator, on one of `STOP_SIGNALS`, or because
   * its coordinator is gone. When that was before, it calls back at once.
   */
  onStop(callback: (reason: StopReason) => void): void;
}

export interface WorkerChannelOptions {
  /**
   * Milliseconds that the worker has to save and end once its coordinator is gone; then it is killed, also where its main
   * thread is blocked. Default 30,000.
   */
  orphanGraceMs?: number;
  /** Signals that do nothing, as SIGHUP under `nohup`. Default: none. */
  ignored?: readonly StopSignal[];
}

const channelOptions = object<WorkerChannelOptions>({
  orphanGraceMs: atLeast(0, 'milliseconds'),
  ignored: array(oneOf(STOP_SIGNALS), 'signals'),
});

/**
 * Opens the line of a process that `forkWorkers` started. To be called early: from then on no signal that asks ends the
 * process.
 *
 * @throws RangeError and TypeError for options that are none, such as a grace that is no time.
 */
export function workerChannel(worker: NodeJS.Process, options: WorkerChannelOptions = {}): WorkerChannel {
  checkOptions('workerChannel', worker, isWorker, 'worker');
  checkOptions('workerChannel', options, channelOptions);
  const { orphanGraceMs = 30_000, ignored = [] } = options;
  watchForOrphaning(orphanGraceMs);
  const waiting: Exclude<ToWorker, { type: 'stop' }>[] = [];
  const takers: ((message: Exclude<ToWorker, { type: 'stop' }>) => void)[] = [];
  const callbacks: ((reason: StopReason) => void)[] = [];
  // The coordinator may have died while this process was starting; nothing would tell later.
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
    // Without a listener it would end the process.
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
