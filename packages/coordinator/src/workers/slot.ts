import type { StopSignal } from '@holdfast/process';
import { after, type Clock } from '../clock.js';
import type { FromWorker, ToWorker } from '../messages.js';
import type { SpawnWorker, WorkerListeners, WorkerProcess } from '../processes/worker-process.js';
import { QuietTime, type Silence } from './quiet-time.js';

/** Lines of standard error kept to explain a worker's death, and characters of each. */
const LAST_LINES = 5;
const LAST_LINE_LENGTH = 300;
/**
 * A line without words, or a frame of the native stack that Node prints after its reason, such as a full
 * heap.
 */
const NO_WORDS = /^\W*$|^\s*\d+: 0x[\da-f]+ /;

/** Facts about a worker while it runs and once it exited. */
export interface Life {
  ready: boolean;
  /** It has sent a message. */
  heard: boolean;
  /** Its reported step, while starting. */
  stage: string | null;
  shard: number | null;
  /** The batch it works on, if known. */
  batchIdx: number | null;
  /** Rows that it is embedding, if they are only a part of the batch. */
  inCall: readonly number[] | null;
  /** Whether it embeds a control: plain residues as long as the sequence that hung. */
  control: boolean;
  failure: Extract<FromWorker, { type: 'failed' }> | null;
  /** How long it had made no progress when it was stopped, and why. */
  stalled: { silentMs: number; why: Silence } | null;
  /** The coordinator killed it because it was unreachable. */
  unreachable: boolean;
  lastOutput: string[];
}

const begin = (): Life => ({
  ready: false,
  heard: false,
  stage: null,
  shard: null,
  batchIdx: null,
  inCall: null,
  control: false,
  failure: null,
  stalled: null,
  unreachable: false,
  lastOutput: [],
});

/** Stands in for a worker that could not be started, until its exit is reported. */
const NO_PROCESS: WorkerProcess = { pid: undefined, send: () => undefined, kill: () => undefined };

/** A device slot: its worker, what that is doing, and the time before which no other is started. */
export class Slot {
  /** Milliseconds. */
  notBefore = 0;
  life: Life = begin();
  attempt = 0;
  /** Consecutive workers that exited before they were ready. */
  startupFailures = 0;
  /** Consecutive workers that found the device at fault; a checkpoint resets this. */
  unfit = 0;
  /** It gets no more workers. */
  closed = false;
  /** Consecutive workers that were killed from outside, without progress in between. */
  kills = 0;
  /** When the worker last made progress, milliseconds; `sign` sets it. */
  lastSign = 0;
  /** How long it had been silent when that was last reported, milliseconds. */
  reportedSilentMs = 0;
  /** The worker's activity since `lastSign`. */
  quiet = new QuietTime();
  /** Its most recent shard. */
  lastShard: number | null = null;
  /** The out-of-memory killer's count when the worker was started. */
  oomKills: number | null = null;
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

  /** Whether progress is expected: it starts or has a shard, and is not about to exit. */
  get atWork(): boolean {
    const { ready, shard, failure, stalled } = this.life;
    return this.occupied && (!ready || shard !== null) && failure === null && stalled === null;
  }

  /** The worker made progress or began something. */
  sign(): void {
    this.lastSign = this.#clock.now();
    this.quiet = new QuietTime();
  }

  /** Samples the worker's process. @param most see `QuietTime.add`. */
  look(now: number, most: number): void {
    this.quiet.add(this.#worker?.look?.() ?? null, { now, since: this.lastSign, most });
  }

  start(spawn: SpawnWorker, listeners: WorkerListeners): void {
    this.attempt++;
    this.sign();
    try {
      this.#worker = spawn(this.index, this.attempt, listeners);
    } catch (error) {
      this.#worker = NO_PROCESS;
      const cause = error instanceof Error ? error : new Error(String(error));
      queueMicrotask(() => listeners.exit(null, null, cause));
    }
  }

  /** Assigns the worker a shard, or asks it to exit if none is left. Kills it if it is unreachable. */
  send(message: Exclude<ToWorker, { type: 'stop' }>): void {
    try {
      this.#worker?.send(message);
    } catch {
      this.life.unreachable = true;
      this.kill('it is unreachable');
    }
  }

  /** Asks the worker to save and exit; by a signal if its channel is closed. */
  stop(signal: StopSignal): void {
    try {
      this.#worker?.send({ type: 'stop', signal });
    } catch {
      // A worker may have no handler for a warning.
      this.#worker?.kill(signal === 'SIGINT' ? signal : 'SIGTERM');
    }
  }

  /**
   * The worker makes no progress: asks it to exit, and kills it if it has not after `graceMs` milliseconds.
   */
  endStalled(silentMs: number, why: Silence, graceMs: number): void {
    this.life.stalled = { silentMs, why };
    // A stopped process reacts to nothing else.
    if (why === 'stopped') return this.kill('a signal stopped it, and it was never continued');
    this.#worker?.kill('SIGTERM');
    this.endWithin(graceMs, 'it made no progress, and did not exit on SIGTERM');
  }

  /** Kills the worker if it still runs after `ms` milliseconds; an earlier deadline stays. */
  endWithin(ms: number, reason: string): void {
    if (this.occupied) this.#cancelDeadline ??= after(this.#clock, ms, () => this.kill(reason));
  }

  kill(reason: string): void {
    if (this.#worker === null) return;
    this.#onKill(this.index, reason);
    this.#worker.kill('SIGKILL');
  }

  /** The worker printed a line on standard error. */
  heard(line: string): void {
    if (NO_WORDS.test(line)) return;
    const { lastOutput } = this.life;
    lastOutput.push(line.slice(0, LAST_LINE_LENGTH));
    if (lastOutput.length > LAST_LINES) lastOutput.shift();
  }

  /** The worker is gone: empties the slot. @returns the facts about that worker. */
  vacate(): Life {
    const { life } = this;
    this.#cancelDeadline?.();
    this.#cancelDeadline = null;
    this.#worker = null;
    this.life = begin();
    return life;
  }
}
