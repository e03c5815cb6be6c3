import { checkOptions } from '@holdfast/options';
import { isStopSignal, type StopSignal } from '@holdfast/process';
import { type Clock, systemClock } from './clock.js';
import type { CoordinatorEvent } from './events.js';
import { FAILURE_KINDS } from './failure-kinds.js';
import { faultOfFolder } from './folder-check.js';
import type { FromWorker } from './messages.js';
import { OomClaims } from './oom-claims.js';
import { kernelOomKiller } from './oom-killer.js';
import { type CoordinatorOptions, coordinatorOptions, type Outcome } from './options.js';
import { OutputLimit } from './output-limit.js';
import { QuarantineCount } from './quarantine-count.js';
import { RecoveryKeeper } from './recovery-keeper.js';
import { backoffMs, killedBackoffMs, policyWith, type RetryPolicy } from './retry-policy.js';
import type { ShardFailure } from './shard-failure.js';
import { type FailedShard, type PoolVerdict, ShardPool } from './shard-pool.js';
import { ShardReports } from './shard-reports.js';
import { isKill } from './signals.js';
import { Slot } from './slot.js';
import { StallWatch } from './stall-watch.js';
import { afterStartUpFailure } from './start-up-rule.js';
import { WakeUp } from './wake-up.js';
import { type Exit, failureOf } from './worker-failure.js';

/**
 * Keeps worker processes at work until every shard is complete or out of retries. Each slot's process loads its model
 * once and takes one shard after another; one that dies is classified, and its shard goes back to the pool.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #policy: Readonly<RetryPolicy>;
  readonly #graceMs: number;
  readonly #clock: Clock;
  readonly #slots: Slot[];
  readonly #stalls: StallWatch;
  readonly #keeper: RecoveryKeeper;
  readonly #quarantine: QuarantineCount;
  readonly #oomClaims: OomClaims;
  readonly #reports: ShardReports;
  #pool: ShardPool;
  #outcome: Promise<Outcome> | null = null;
  #state: 'new' | 'running' | 'ended' = 'new';
  #stopped: StopSignal | null = null;
  /** Workers in a row, over all slots, that ended before they were ready; null once one was ready. */
  #startupFailures: number | null = 0;
  #startupFailure: string | undefined;
  #tooManyQuarantined = false;
  #limitTooShort: Outcome['limitTooShort'];
  /** The workers were told to end. */
  #ending = false;
  readonly #wake: WakeUp;
  /** Aborted when the run winds down: nothing is waited for then but workers. */
  readonly #windingDown = new AbortController();
  #resolve = () => {};

  /** @throws RangeError and TypeError for options no run can be made of (`code` is `invalid_option`). */
  constructor(options: CoordinatorOptions) {
    checkOptions('Coordinator', options, coordinatorOptions);
    this.#options = options;
    this.#policy = policyWith(options.policy);
    this.#graceMs = options.graceMs ?? 30_000;
    this.#clock = options.clock ?? systemClock;
    this.#wake = new WakeUp(this.#clock);
    this.#oomClaims = new OomClaims(options.oomKiller ?? kernelOomKiller());
    this.#pool = new ShardPool(options.shards, this.#policy, { isolates: options.isolates });
    this.#keeper = new RecoveryKeeper(options.records, (shard, error) =>
      this.#tell({ type: 'unrecorded', shard, message: String((error as Error)?.message ?? error) }),
    );
    this.#reports = new ShardReports(options.onShardFailed);
    this.#quarantine = new QuarantineCount(options.quarantined ?? 0);
    const onKill = (slot: number, reason: string) => this.#tell({ type: 'killed', slot, reason });
    this.#slots = Array.from({ length: options.slots }, (_, index) => new Slot(index, this.#clock, onKill));
    const { stallMs = 600_000, startStallMs, startMs } = options;
    this.#stalls = new StallWatch(this.#slots, this.#clock, stallMs, startStallMs, startMs);
  }

  /**
   * Runs until all shards are settled, or stopped, or no worker can start, or too many sequences are quarantined; no worker
   * is left when it resolves. A second call gives the same promise.
   *
   * @throws ShardReportError when `onShardFailed` rejected; all other work is done by then. What the records throw when
   * they cannot be read, before any worker is started.
   */
  run(): Promise<Outcome> {
    this.#outcome ??= this.#run();
    return this.#outcome;
  }

  /** Has every worker save and end; those that have not within the grace are killed. A second call kills at once. @throws RangeError for what is no stop signal. */
  stop(signal: StopSignal): void {
    checkOptions('stop', signal, isStopSignal, 'signal');
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
    const { shards, isolates } = this.#options;
    if (this.#options.records !== undefined) {
      const recoveries = await this.#keeper.load(shards);
      this.#pool = new ShardPool(shards, this.#policy, { isolates, recoveries });
    }
    await new Promise<void>((resolve) => {
      this.#resolve = resolve;
      this.#state = 'running';
      this.#advance();
    });
    await this.#keeper.settled();
    if (this.#stopped !== null) this.#tell({ type: 'stopped', signal: this.#stopped });
    await this.#reports.settled();
    const { refused, setAside } = this.#quarantine;
    return {
      completed: [...this.#pool.completed],
      failed: [...this.#pool.failed],
      stopped: this.#stopped,
      ...(refused + setAside === 0 ? {} : { quarantined: refused + setAside }),
      ...(setAside === 0 ? {} : { setAside }),
      ...(this.#tooManyQuarantined ? { tooManyQuarantined: true as const } : {}),
      ...(this.#limitTooShort === undefined ? {} : { limitTooShort: this.#limitTooShort }),
      ...(this.#startupFailure === undefined ? {} : { startupFailure: this.#startupFailure }),
    };
  }

  get #over(): boolean {
    return (
      this.#stopped !== null ||
      this.#startupFailure !== undefined ||
      this.#tooManyQuarantined ||
      this.#limitTooShort !== undefined ||
      this.#pool.settled
    );
  }

  get #open(): number[] {
    return this.#slots.filter(({ closed }) => !closed).map(({ index }) => index);
  }

  /** Does whatever the state now calls for. Called after every change; safe to call at any time. */
  #advance(): void {
    if (this.#state !== 'running') return;
    this.#stalls.forgive(this.#wake.late);
    this.#wake.clear();
    const now = this.#clock.now();
    if (!this.#over) this.#startWork();
    // Asked again, since a listener may have stopped the run meanwhile.
    if (this.#over) this.#windDown();
    else this.#wakeWhenDue(now);
  }

  #startWork(): void {
    this.#endStalled();
    // A shard goes rather where it has not failed.
    for (const anew of [false, true]) for (const slot of this.#slots) this.#assign(slot, anew);
    for (const slot of this.#slots) {
      if (this.#over) return;
      if (slot.occupied || slot.closed || slot.notBefore > this.#clock.now()) continue;
      if (this.#needsWorker(slot)) this.#spawn(slot);
    }
  }

  /** A worker that is starting, or idle, will take a shard it may have; no more are started than there are shards for. */
  #needsWorker(slot: Slot): boolean {
    const due = ({ index }: Slot) => this.#pool.due(this.#clock.now(), index, this.#open);
    const takers = this.#slots.filter(
      (other) => other.occupied && other.life.shard === null && due(other) > 0,
    );
    return due(slot) > takers.length;
  }

  /**
   * Back-offs end by this timer alone, so that one shard's never delays another's.
   *
   * @param now when it was last looked at what is due: what became due since then must wake, too.
   */
  #wakeWhenDue(now: number): void {
    const starts = this.#slots
      .filter(({ occupied, closed }) => !occupied && !closed)
      .map(({ notBefore }) => notBefore);
    const next = Math.min(
      ...[...starts, ...this.#stalls.nextLooks(now), this.#pool.nextDue(now) ?? 0].filter(
        (time) => time > now,
      ),
    );
    if (Number.isFinite(next)) this.#wake.set(next, () => this.#advance());
    else this.#wake.clear();
  }

  #endStalled(): void {
    for (const { slot, silentMs, why } of this.#stalls.look()) {
      const because = why === 'hung' ? {} : { why };
      this.#tell({ type: 'stalled', slot: slot.index, shard: slot.life.shard, silentMs, ...because });
      slot.endStalled(silentMs, why, this.#options.stallGraceMs ?? 10_000);
    }
    for (const { slot, silentMs, limitMs } of this.#stalls.silent) {
      const { shard, stage } = slot.life;
      this.#tell({ type: 'waiting', slot: slot.index, shard, stage, silentMs, limitMs });
    }
  }

  #windDown(): void {
    this.#windingDown.abort();
    if (!this.#ending) {
      // Workers that are amid a shard when the run ends otherwise have something to save.
      const settled = this.#pool.settled;
      this.#endWorkers(
        (slot) => (settled ? slot.send({ type: 'finish' }) : slot.stop('SIGTERM')),
        settled ? 'there is no work left, but it did not end' : 'the run ends, but it did not',
      );
    }
    if (this.#slots.some(({ occupied }) => occupied)) return;
    this.#state = 'ended';
    this.#resolve();
  }

  #endWorkers(tell: (slot: Slot) => void, reason: string): void {
    this.#ending = true;
    for (const slot of this.#slots) {
      // It has nothing to save, and hears of nothing while its model is loaded.
      if (!slot.life.ready) slot.kill('the run ends, and it was still starting');
      else {
        tell(slot);
        slot.endWithin(this.#graceMs, reason);
      }
    }
  }

  #spawn(slot: Slot): void {
    slot.oomKills = this.#oomClaims.count();
    const { output } = this.#options;
    const limits = { stdout: new OutputLimit(output), stderr: new OutputLimit(output) };
    const tell = (stream: 'stdout' | 'stderr', lines: readonly string[]) => {
      for (const line of lines) this.#tell({ type: 'output', slot: slot.index, stream, line });
    };
    slot.start(this.#options.spawn, {
      message: (message) => this.#onMessage(slot, message),
      output: (stream, line) => {
        if (stream === 'stderr') slot.heard(line);
        tell(stream, limits[stream].push(line, this.#clock.now()));
      },
      exit: (exitcode, signal, error) => {
        for (const stream of ['stdout', 'stderr'] as const) tell(stream, limits[stream].end());
        this.#onExit(slot, { exitcode, signal, error });
      },
    });
    this.#tell({ type: 'spawned', slot: slot.index, pid: slot.pid, attempt: slot.attempt });
  }

  #assign(slot: Slot, anew: boolean): void {
    const { life } = slot;
    if (this.#over || !life.ready || life.shard !== null) return;
    // One that is to end takes nothing more.
    if (life.failure !== null || life.stalled !== null) return;
    const next = this.#pool.take({ now: this.#clock.now(), slot: slot.index, open: this.#open }, anew);
    if (next === null) return;
    const { takenOverFrom: from, ...assignment } = next;
    const { shard, attempt } = assignment;
    if (from !== null) {
      this.#tell({ type: 'redistributed', shard, from, to: slot.index });
      this.#keeper.redistributed(shard, slot.lastShard ?? shard);
    }
    life.shard = shard;
    slot.lastShard = shard;
    slot.sign();
    this.#tell({ type: 'assigned', slot: slot.index, shard, attempt });
    slot.send(assignment);
  }

  #onMessage(slot: Slot, message: FromWorker): void {
    const { life } = slot;
    slot.sign();
    life.heard = true;
    switch (message.type) {
      case 'failed':
        life.failure = message;
        slot.endWithin(this.#graceMs, 'it failed, but did not end');
        return;
      case 'heartbeat':
        life.stage = message.stage ?? life.stage;
        return;
      case 'ready':
        life.ready = true;
        slot.startupFailures = 0;
        this.#startupFailures = null;
        this.#tell({ slot: slot.index, ...message });
        return this.#advance();
    }
    // One of a shard that is not, or no longer, this worker's counts for nothing.
    if (message.shard === slot.life.shard) this.#onShardMessage(slot, message);
  }

  #onShardMessage(
    slot: Slot,
    message: Exclude<FromWorker, { type: 'failed' | 'heartbeat' | 'ready' }>,
  ): void {
    const { life } = slot;
    const { shard } = message;
    switch (message.type) {
      case 'trying':
        life.batchIdx = message.batchIdx;
        life.trying = message.rows;
        life.control = false;
        if (message.isolation === undefined) return;
        this.#pool.searched(shard, message.isolation);
        this.#keeper.save(shard, this.#pool.recovery(shard));
        return this.#tell({
          type: 'isolating',
          slot: slot.index,
          shard,
          batchIdx: message.batchIdx,
          sequences: message.rows.length,
        });
      case 'control':
        life.batchIdx = message.batchIdx;
        life.trying = null;
        life.control = true;
        if (message.isolation !== undefined) this.#pool.searched(shard, message.isolation);
        return;
      case 'tried':
        life.trying = null;
        life.control = false;
        return;
      case 'quarantined':
        return this.#onQuarantined(slot, shard, message.sequence);
      case 'resumed':
        this.#quarantine.resumed(shard, message.quarantined ?? 0);
        life.batchIdx = message.nextBatch ?? null;
        this.#checkQuarantine();
        break;
      case 'progress':
        life.batchIdx = message.nextBatch ?? null;
        life.trying = null;
        slot.kills = 0;
        break;
      case 'checkpoint':
        slot.unfit = 0;
        slot.kills = 0;
        this.#pool.progressed(shard, message.endBatch);
        if (this.#keeper.has(shard)) this.#keeper.save(shard, this.#pool.recovery(shard));
        break;
      case 'complete':
        this.#pool.complete(shard);
        this.#keeper.save(shard, null);
        slot.kills = 0;
        life.shard = null;
        life.batchIdx = null;
        life.trying = null;
        break;
    }
    this.#tell({ slot: slot.index, ...message });
    if (message.type === 'complete') this.#advance();
  }

  #onQuarantined(
    slot: Slot,
    shard: number,
    sequence: Extract<FromWorker, { type: 'quarantined' }>['sequence'],
  ): void {
    if (!this.#quarantine.found(shard, sequence.ordinal, sequence.kind)) return;
    this.#tell({ type: 'quarantined', slot: slot.index, shard, ...sequence });
    this.#checkQuarantine();
  }

  #checkQuarantine(): void {
    const { maxQuarantined = Number.POSITIVE_INFINITY, maxSetAside = maxQuarantined } = this.#options;
    const { refused, setAside } = this.#quarantine;
    if (refused <= maxQuarantined && setAside <= maxSetAside) return;
    this.#tooManyQuarantined = true;
    this.#advance();
  }

  #onExit(slot: Slot, exit: Omit<Exit, 'oomKilled'>): void {
    const life = slot.vacate();
    const { exitcode, signal } = exit;
    this.#tell({ type: 'exited', slot: slot.index, exitcode, signal });
    // A worker that was told to end has not failed, however it ended.
    if (!this.#ending) {
      // One that was given up was killed by the coordinator.
      const oomKilled = life.stalled === null && isKill(exit) && this.#oomClaims.explain(slot.oomKills);
      const { kind, message, how } = failureOf(life, { ...exit, oomKilled });
      const { shard } = life;
      this.#tell({ type: 'failed', slot: slot.index, shard, kind, message });
      if (how === 'killed') {
        // Nobody took the device away: the next worker starts soon, and later each time while they are killed.
        slot.notBefore = this.#clock.now() + this.#delay(killedBackoffMs(slot.kills++, this.#policy));
      } else if (FAILURE_KINDS[kind].losesDevice) {
        slot.notBefore = this.#clock.now() + FAILURE_KINDS[kind].delayMs(0, this.#policy);
      } else if (!life.ready) {
        this.#startupFailed(slot, message);
      }
      if (shard !== null) {
        const { trying, failure, control, stalled } = life;
        const batchIdx = failure?.batchIdx ?? life.batchIdx ?? undefined;
        const { faulty } = failure ?? {};
        const action = this.#shardFailed(slot, shard, {
          kind,
          message,
          how,
          batchIdx,
          trying,
          faulty,
          control,
        });
        if (action === 'too_slow') this.#limitTooShort = { shard, silentMs: stalled?.silentMs ?? 0 };
      }
      if (how === 'unfit' && ++slot.unfit >= this.#policy.maxStartupFailures) this.#close(slot, message);
    }
    this.#advance();
  }

  #startupFailed(slot: Slot, message: string): void {
    slot.notBefore = this.#clock.now() + this.#delay(backoffMs(slot.startupFailures, this.#policy));
    slot.startupFailures++;
    if (this.#startupFailures !== null) this.#startupFailures++;
    const verdict = afterStartUpFailure(
      {
        ofSlot: slot.startupFailures,
        overAll: this.#startupFailures,
        // Where none was ever ready, those that are there are starting.
        othersStart: this.#slots.some(({ occupied }) => occupied),
        othersOpen: this.#isOpenBeside(slot),
      },
      this.#policy,
    );
    if (verdict === 'end_run') this.#startupFailure = message;
    if (verdict === 'close_slot') this.#close(slot, message);
  }

  #isOpenBeside(slot: Slot): boolean {
    return this.#open.some((other) => other !== slot.index);
  }

  /** No worker is started in a slot any more, unless it is the last. */
  #close(slot: Slot, reason: string): void {
    if (!this.#isOpenBeside(slot)) return;
    slot.closed = true;
    this.#tell({ type: 'slot_closed', slot: slot.index, reason });
    for (const shard of this.#pool.stranded(this.#open)) {
      this.#failed(this.#pool.giveUp(shard, 'no slot is left for it'));
    }
  }

  #shardFailed(slot: Slot, shard: number, failure: ShardFailure): PoolVerdict['action'] {
    const { action, reason, delayMs } = this.#pool.fail(shard, failure, {
      now: this.#clock.now(),
      slot: slot.index,
      open: this.#open,
      delay: (ms) => this.#delay(ms),
    });
    if (action === 'give_up' || action === 'too_slow') {
      this.#failed(this.#pool.failed.at(-1) ?? null);
      return action;
    }
    this.#keeper.save(shard, this.#pool.recovery(shard));
    if (action === 'isolate') this.#tell({ type: 'breaker', shard, batchIdx: failure.batchIdx!, reason });
    // Events tell how long the slot waits for its device; another slot may have the shard at once.
    const { losesDevice, delayMs: ofKind } = FAILURE_KINDS[failure.kind];
    const wait = losesDevice && failure.how !== 'killed' ? ofKind(0, this.#policy) : delayMs;
    this.#tell({ type: 'retry', shard, delayMs: wait, reason });
    if (this.#options.validateShard !== undefined) void this.#validate(shard);
    return action;
  }

  /** Has the shard's folder looked at before it is given out again; nobody else waits. */
  async #validate(shard: number): Promise<void> {
    // Called on the options, whose method may need them.
    const look = async () => this.#options.validateShard?.(shard);
    this.#pool.hold(shard, true);
    const fault = await faultOfFolder(look, {
      policy: this.#policy,
      clock: this.#clock,
      delay: (ms) => this.#delay(ms),
      signal: this.#windingDown.signal,
    });
    this.#pool.hold(shard, false);
    if (fault !== null && this.#state === 'running') this.#failed(this.#pool.giveUp(shard, fault));
    this.#advance();
  }

  #failed(failed: FailedShard | null): void {
    if (failed === null) return;
    const { shard, kind, message } = failed;
    this.#keeper.save(shard, null);
    this.#tell({ type: 'shard_failed', shard, kind, message });
    this.#reports.add(shard, message);
  }

  #delay(ms: number): number {
    return Math.round(ms * (1 + this.#policy.jitter * (this.#options.random ?? Math.random)()));
  }

  #tell(event: CoordinatorEvent): void {
    this.#options.onEvent?.(event);
  }
}
