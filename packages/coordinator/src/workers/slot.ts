import type { StopSignal } from '@holdfast/process';
import { after, type Clock } from '../clock.js';
import type { FromWorker, ToWorker } from '../messages.js';
import type { SpawnWorker, WorkerListeners, WorkerProcess } from '../processes/worker-process.js';
import { QuietTime, type Silence } from './quiet-time.js';

/** Lines of standard error that are kept to tell why a worker died, and characters of each. */
const LAST_WORDS = 5;
const LAST_WORD_LENGTH = 300;
/** Says nothing: no words, or a frame of the native stack that Node prints after its reason, such as a heap that is full. */
const NO_WORD = /^\W*$|^\s*\d+: 0x[\da-f]+ /;

/** What is known of a worker while it lives, and when it ended. */
export interface Life {
  ready: boolean;
  /** It gave a sign of life. */
  heard: boolean;
  /** What it said that it does, while it starts. */
  stage: string | null;
  shard: number | null;
  /** The batch that it is at, where that is known. */
  batchIdx: number | null;
  /** Rows of the batch that it is embedding, where it is a part of the batch. */
  inCall: readonly number[] | null;
  /** Whether it embeds a control: plain residues as long as the sequence that hung. */
  control: boolean;
  failure: Extract<FromWorker, { type: 'failed' }> | null;
  /** How long it had made no progress when it was given up, and why. */
  stalled: { silentMs: number; why: Silence } | null;
  /** The coordinator killed it, as it could not be reached. */
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

/** Stands in for a worker that could not be started, until its exit is told. */
const NO_PROCESS: WorkerProcess = { pid: undefined, send: () => undefined, kill: () => undefined };

/** A device slot: the worker in it, what it is doing, and the time before which no other is started. */
export class Slot {
  /** Milliseconds. */
  notBefore = 0;
  life: Life = begin();
  attempt = 0;
  /** Workers in a row that ended before they were ready. */
  startupFailures = 0;
  /** How often in a row its workers found the device at fault; a checkpoint shows otherwise. */
  unfit = 0;
  /** No worker is started any more. */
  closed = false;
  /** Workers in a row that somebody outside killed, without progress in between. */
  kills = 0;
  /** When the worker last made progress, milliseconds; `sign` sets it. */
  lastSign = 0;
  /** How long it had been silent when that was told last, milliseconds. */
  toldSilentMs = 0;
  /** What the worker did since. */
  quiet = new QuietTime();
  /** The shard it had last. */
  lastShard: number | null = null;
  /** What the out-of-memory killer's counter was when the worker was started. */
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

  /** Whether it is at something that is to go forward: starting, or a shard. Not so once it is to end. */
  get atWork(): boolean {
    const { ready, shard, failure, stalled } = this.life;
    return this.occupied && (!ready || shard !== null) && failure === null && stalled === null;
  }

  /** The worker made progress, or begins something. */
  sign(): void {
    this.lastSign = this.#clock.now();
    this.quiet = new QuietTime();
  }

  /** Looks at the worker's process. @param most see `QuietTime.add`. */
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

  /** Has the worker take a shard, or end when there is none. One that cannot be reached is of no use: it is killed. */
  send(message: Exclude<ToWorker, { type: 'stop' }>): void {
    try {
      this.#worker?.send(message);
    } catch {
      this.life.unreachable = true;
      this.kill('it cannot be reached');
    }
  }

  /** Has the worker save and end; by a signal if it cannot be told. */
  stop(signal: StopSignal): void {
    try {
      this.#worker?.send({ type: 'stop', signal });
    } catch {
      // A worker may have no handler for a warning.
      this.#worker?.kill(signal === 'SIGINT' ? signal : 'SIGTERM');
    }
  }

  /** The worker makes no progress: asks it to end, and kills it if it has not within so many milliseconds. */
  endStalled(silentMs: number, why: Silence, graceMs: number): void {
    this.life.stalled = { silentMs, why };
    // A stopped process hears nothing else.
    if (why === 'stopped') return this.kill('it was stopped, and nobody continued it');
    this.#worker?.kill('SIGTERM');
    this.endWithin(graceMs, 'it made no progress, and did not end on SIGTERM');
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

  /** The worker printed a line on standard error. */
  heard(line: string): void {
    if (NO_WORD.test(line)) return;
    const { lastOutput } = this.life;
    lastOutput.push(line.slice(0, LAST_WORD_LENGTH));
    if (lastOutput.length > LAST_WORDS) lastOutput.shift();
  }

  /** The worker is gone: empties the slot, and tells what the worker was at. */
  vacate(): Life {
    const { life } = this;
    this.#cancelDeadline?.();
    this.#cancelDeadline = null;
    this.#worker = null;
    this.life = begin();
    return life;
  }
}
