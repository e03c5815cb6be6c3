import { after, type Clock } from './clock.js';
import type { FromWorker, StopSignal, ToWorker } from './messages.js';
import type { SpawnWorker, WorkerListeners, WorkerProcess } from './worker-process.js';

/** What was known of a worker when it ended. */
export interface Life {
  ready: boolean;
  shard: number | null;
  failure: Extract<FromWorker, { type: 'failed' }> | null;
}

/** Stands in for a worker that could not be started, until its exit is told. */
const NO_PROCESS: WorkerProcess = { pid: undefined, send: () => undefined, kill: () => undefined };

/** A device slot: the worker in it, what it is doing, and the time before which no other is started. */
export class Slot implements Life {
  /** Milliseconds. */
  notBefore = 0;
  ready = false;
  shard: number | null = null;
  failure: Life['failure'] = null;
  attempt = 0;
  readonly #clock: Clock;
  readonly #onKill: (slot: number, reason: string) => void;
  #worker: WorkerProcess | null = null;
  #cancelDeadline: (() => void) | null = null;

  constructor(
    readonly index: number,
    clock: Clock,
    onKill: (slot: number, reason: string) => void,
  ) {
    this.#clock = clock;
    this.#onKill = onKill;
  }

  get occupied(): boolean {
    return this.#worker !== null;
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  start(spawn: SpawnWorker, listeners: WorkerListeners): void {
    this.attempt++;
    try {
      this.#worker = spawn(this.index, this.attempt, listeners);
    } catch (error) {
      this.#worker = NO_PROCESS;
      const cause = error instanceof Error ? error : new Error(String(error));
      queueMicrotask(() => listeners.exit(null, null, cause));
    }
  }

  /** Has the worker take a shard, or end when there is none. One that cannot be reached is of no use: it is killed. */
  send(message: Exclude<ToWorker, { type: 'stop' }>): void {
    try {
      this.#worker?.send(message);
    } catch {
      this.kill('it cannot be reached');
    }
  }

  /** Has the worker save and end; by the signal itself if it cannot be told. */
  stop(signal: StopSignal): void {
    try {
      this.#worker?.send({ type: 'stop', signal });
    } catch {
      this.#worker?.kill(signal);
    }
  }

  /** Kills the worker if it is still there after so many milliseconds; an earlier deadline stands. */
  endWithin(ms: number, reason: string): void {
    if (this.occupied) this.#cancelDeadline ??= after(this.#clock, ms, () => this.kill(reason));
  }

  kill(reason: string): void {
    if (this.#worker === null) return;
    this.#onKill(this.index, reason);
    this.#worker.kill('SIGKILL');
  }

  /** The worker is gone: empties the slot, and tells what the worker was at. */
  vacate(): Life {
    const life: Life = { ready: this.ready, shard: this.shard, failure: this.failure };
    this.#cancelDeadline?.();
    this.#cancelDeadline = null;
    this.#worker = null;
    this.ready = false;
    this.shard = null;
    this.failure = null;
    return life;
  }
}
