import { classifyError } from './classify-error.js';
import { after, type Clock, systemClock } from './clock.js';
import type { CoordinatorEvent } from './events.js';
import type { FromWorker, StopSignal } from './messages.js';
import { type CoordinatorOptions, checkOptions, type Outcome } from './options.js';
import { backoffMs, DEFAULT_POLICY, type RetryPolicy } from './retry-policy.js';
import { type ShardFailure, ShardPool } from './shard-pool.js';
import { ShardReportError } from './shard-report-error.js';
import { Slot } from './slot.js';

/**
 * Keeps worker processes at work until every shard is complete or out of retries. Each slot's process loads its model
 * once and takes one shard after another; one that dies is classified, and its shard goes back to the pool.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #policy: Readonly<RetryPolicy>;
  readonly #graceMs: number;
  readonly #clock: Clock;
  readonly #pool: ShardPool;
  readonly #slots: Slot[];
  readonly #reports: Promise<ShardReportError | null>[] = [];
  #outcome: Promise<Outcome> | null = null;
  #state: 'new' | 'running' | 'ended' = 'new';
  #stopped: StopSignal | null = null;
  #startupFailures = 0;
  #startupFailure: string | undefined;
  /** The workers were told to end. */
  #ending = false;
  #cancelWake = () => {};
  #resolve = () => {};

  /** @throws RangeError for options no run can be made of. */
  constructor(options: CoordinatorOptions) {
    checkOptions(options);
    this.#options = options;
    this.#policy = { ...DEFAULT_POLICY, ...options.policy };
    this.#graceMs = options.graceMs ?? 30_000;
    this.#clock = options.clock ?? systemClock;
    this.#pool = new ShardPool(options.shards, this.#policy);
    const onKill = (slot: number, reason: string) => this.#tell({ type: 'killed', slot, reason });
    this.#slots = Array.from({ length: options.slots }, (_, index) => new Slot(index, this.#clock, onKill));
  }

  /**
   * Runs until all shards are settled, or stopped, or no worker can start; no worker is left when it resolves. A second
   * call gives the same promise.
   *
   * @throws ShardReportError when `onShardFailed` rejected; all other work is done by then.
   */
  run(): Promise<Outcome> {
    this.#outcome ??= this.#run();
    return this.#outcome;
  }

  /** Has every worker save and end; those that have not within the grace are killed. A second call kills at once. */
  stop(signal: StopSignal): void {
    if (this.#state === 'ended') return;
    if (this.#stopped !== null) {
      for (const slot of this.#slots) slot.kill('stopped twice');
      return;
    }
    this.#stopped = signal;
    this.#tell({ type: 'stopping', signal });
    this.#endWorkers((slot) => slot.stop(signal), 'stopped, but it did not end');
    this.#advance();
  }

  async #run(): Promise<Outcome> {
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      this.#state = 'running';
      this.#advance();
    });
    const unreported = (await Promise.all(this.#reports)).find((error) => error !== null);
    if (unreported) throw unreported;
    return {
      completed: [...this.#pool.completed],
      failed: [...this.#pool.failed],
      stopped: this.#stopped,
      ...(this.#startupFailure === undefined ? {} : { startupFailure: this.#startupFailure }),
    };
  }

  get #over(): boolean {
    return this.#stopped !== null || this.#startupFailure !== undefined || this.#pool.settled;
  }

  /** Does whatever the state now calls for. Called after every change; safe to call at any time. */
  #advance(): void {
    if (this.#state !== 'running') return;
    this.#cancelWake();
    if (!this.#over) this.#startWork();
    // Asked again, since a listener may have stopped the run meanwhile.
    if (this.#over) this.#windDown();
    else this.#wakeWhenDue();
  }

  #startWork(): void {
    for (const slot of this.#slots) this.#assign(slot);
    for (const slot of this.#slots) {
      if (this.#over || !this.#needsWorker()) return;
      if (!slot.occupied && slot.notBefore <= this.#clock.now()) this.#spawn(slot);
    }
  }

  /** A worker that is starting, or idle, will take a shard; no more are started than there are shards for. */
  #needsWorker(): boolean {
    const unassigned = this.#slots.filter(({ occupied, shard }) => occupied && shard === null);
    return this.#pool.due(this.#clock.now()) > unassigned.length;
  }

  /** Back-offs end by this timer alone, so that one shard's never delays another's. */
  #wakeWhenDue(): void {
    const now = this.#clock.now();
    const times = this.#slots.filter(({ occupied }) => !occupied).map(({ notBefore }) => notBefore);
    const next = Math.min(...[...times, this.#pool.nextDue(now) ?? 0].filter((time) => time > now));
    if (Number.isFinite(next)) this.#cancelWake = after(this.#clock, next - now, () => this.#advance());
  }

  #windDown(): void {
    if (!this.#ending) {
      const failed = this.#startupFailure !== undefined;
      // Workers that are amid a shard when others cannot start have something to save.
      this.#endWorkers(
        (slot) => (failed ? slot.stop('SIGTERM') : slot.send({ type: 'finish' })),
        'there is no work left, but it did not end',
      );
    }
    if (this.#slots.some(({ occupied }) => occupied)) return;
    this.#state = 'ended';
    this.#resolve();
  }

  #endWorkers(tell: (slot: Slot) => void, reason: string): void {
    this.#ending = true;
    for (const slot of this.#slots) {
      tell(slot);
      slot.endWithin(this.#graceMs, reason);
    }
  }

  #spawn(slot: Slot): void {
    slot.start(this.#options.spawn, {
      message: (message) => this.#onMessage(slot, message),
      output: (stream, line) => this.#tell({ type: 'output', slot: slot.index, stream, line }),
      exit: (code, signal, error) => this.#onExit(slot, code, signal, error),
    });
    this.#tell({ type: 'spawned', slot: slot.index, pid: slot.pid, attempt: slot.attempt });
  }

  #assign(slot: Slot): void {
    if (this.#over || !slot.ready || slot.shard !== null || slot.failure !== null) return;
    const next = this.#pool.take(this.#clock.now());
    if (next === null) return;
    slot.shard = next.shard;
    this.#tell({ type: 'assigned', slot: slot.index, ...next });
    slot.send({ type: 'assign', ...next });
  }

  #onMessage(slot: Slot, message: FromWorker): void {
    if (message.type === 'failed') {
      slot.failure = message;
      slot.endWithin(this.#graceMs, 'it failed, but did not end');
      return;
    }
    // One of a shard that is not, or no longer, this worker's counts for nothing.
    if (message.type !== 'ready' && message.shard !== slot.shard) return;
    if (message.type === 'ready') {
      slot.ready = true;
      this.#startupFailures = 0;
    } else if (message.type === 'checkpoint') {
      this.#pool.progressed(message.shard);
    } else if (message.type === 'complete') {
      this.#pool.complete(message.shard);
      slot.shard = null;
    }
    this.#tell({ slot: slot.index, ...message });
    if (message.type === 'ready' || message.type === 'complete') this.#advance();
  }

  #onExit(slot: Slot, exitcode: number | null, signal: string | null, error?: Error): void {
    const life = slot.vacate();
    this.#tell({ type: 'exited', slot: slot.index, exitcode, signal });
    // A worker that was told to end has not failed, however it ended.
    if (!this.#ending) {
      const message = life.failure?.message ?? error?.message ?? describeExit(exitcode, signal, life.shard);
      const kind = classifyError({ exitcode, signal, error: life.failure?.error, errorMessage: message });
      this.#tell({ type: 'failed', slot: slot.index, shard: life.shard, kind, message });
      if (kind === 'spot_preemption') {
        slot.notBefore = this.#clock.now() + this.#policy.spotRetryPollInterval * 1000;
      } else if (!life.ready) {
        this.#startupFailed(slot, message);
      }
      if (life.shard !== null) {
        this.#shardFailed(life.shard, { kind, batchIdx: life.failure?.batchIdx, message });
      }
    }
    this.#advance();
  }

  #startupFailed(slot: Slot, message: string): void {
    slot.notBefore = this.#clock.now() + backoffMs(this.#startupFailures, this.#policy);
    this.#startupFailures++;
    if (this.#startupFailures >= this.#policy.maxStartupFailures) this.#startupFailure = message;
  }

  #shardFailed(shard: number, failure: ShardFailure): void {
    const { retry, reason, delayMs } = this.#pool.fail(shard, failure, this.#clock.now());
    if (retry) return this.#tell({ type: 'retry', shard, delayMs, reason });
    const message = `${reason}: ${failure.message}`;
    this.#tell({ type: 'shard_failed', shard, kind: failure.kind, message });
    this.#reports.push(this.#report(shard, message));
  }

  /** Never rejects: what went wrong is kept until the run's end, since the other shards must go on. */
  async #report(shard: number, message: string): Promise<ShardReportError | null> {
    try {
      await this.#options.onShardFailed?.(shard, message);
      return null;
    } catch (cause) {
      return new ShardReportError(shard, { cause });
    }
  }

  #tell(event: CoordinatorEvent): void {
    this.#options.onEvent?.(event);
  }
}

function describeExit(exitcode: number | null, signal: string | null, shard: number | null): string {
  const how = signal !== null ? `died of ${signal}` : `ended with exit code ${exitcode}`;
  return `the worker ${how} ${shard === null ? 'without having a shard' : `before shard ${shard} was complete`}`;
}
