import type { FromWorker, ToWorker } from '../messages.js';
import type { ProcessLook } from '../processes/process-look.js';
import type { SpawnWorker, WorkerListeners, WorkerProcess } from '../processes/worker-process.js';
import { WorkerUnreachableError } from '../processes/worker-unreachable-error.js';

/** A fake worker's behaviour when it starts and when it receives a message. */
export type Script = (worker: FakeWorker, message: ToWorker | { type: 'start' }) => void;

/** A worker without a process. As with a real one, everything it does arrives later and in order. */
export class FakeWorker implements WorkerProcess {
  readonly received: ToWorker[] = [];
  readonly signals: NodeJS.Signals[] = [];
  /** Whether the coordinator can reach it; if false, `send` throws. */
  reachable = true;
  /** Its process as the system shows it; null: not shown. */
  shown: ProcessLook | null = null;
  /** Whether a signal other than SIGKILL ends it. */
  heedsSignals = true;
  #state: 'alive' | 'ending' | 'gone' = 'alive';
  readonly #script: Script;
  readonly #listeners: WorkerListeners;

  constructor(
    readonly slot: number,
    readonly attempt: number,
    readonly pid: number,
    script: Script,
    listeners: WorkerListeners,
  ) {
    this.#script = script;
    this.#listeners = listeners;
    queueMicrotask(() => {
      if (this.#state === 'alive') this.#script(this, { type: 'start' });
    });
  }

  /** True until its exit was reported. */
  get alive(): boolean {
    return this.#state !== 'gone';
  }

  send(message: ToWorker): void {
    if (!this.reachable) throw new WorkerUnreachableError(this.pid);
    this.received.push(message);
    queueMicrotask(() => {
      if (this.#state === 'alive') this.#script(this, message);
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.signals.push(signal);
    if (signal === 'SIGKILL' || this.heedsSignals) this.exit(null, signal);
  }

  look(): ProcessLook | null {
    return this.shown;
  }

  /** Sends the coordinator a message. */
  say(message: FromWorker): void {
    this.#later(() => this.#listeners.message(message));
  }

  /** Prints a line. */
  print(stream: 'stdout' | 'stderr', line: string): void {
    this.#later(() => this.#listeners.output(stream, line));
  }

  /** Exits; nothing it does afterwards is seen. */
  exit(code: number | null, signal: string | null = null): void {
    this.#later(() => {
      this.#state = 'gone';
      this.#listeners.exit(code, signal);
    });
    if (this.#state === 'alive') this.#state = 'ending';
  }

  #later(report: () => void): void {
    if (this.#state === 'alive') queueMicrotask(report);
  }
}

/** Creates fake workers and keeps them for inspection. */
export class FakeWorkers {
  readonly all: FakeWorker[] = [];
  readonly #script: Script;

  constructor(script: Script) {
    this.#script = script;
  }

  /** The `spawn` option of a `Coordinator`. */
  readonly spawn: SpawnWorker = (slot, attempt, listeners) => {
    const worker = new FakeWorker(slot, attempt, this.all.length + 1, this.#script, listeners);
    this.all.push(worker);
    return worker;
  };

  /** Workers whose exit was not reported yet. */
  get alive(): FakeWorker[] {
    return this.all.filter(({ alive }) => alive);
  }
}
