import { FAILURE_KINDS } from '../failures/failure-kinds.js';
import { backoffMs, killedBackoffMs } from '../failures/retry-policy.js';
import type { ShardFailure } from '../failures/shard-failure.js';
import type { RunState } from '../run-state.js';
import type { PoolVerdict } from '../shards/shard-pool.js';
import { faultOfFolder } from './folder-check.js';
import { isKill } from './signals.js';
import type { Slot } from './slot.js';
import { afterStartUpFailure } from './start-up-rule.js';
import { type Exit, failureOf } from './worker-failure.js';

/** Handles the exits of workers: what happens to the slot and to the shard. */
export class WorkerExits {
  readonly #run: RunState;
  readonly #advance: () => void;

  /** @param advance is called when there may be something to do. */
  constructor(run: RunState, advance: () => void) {
    this.#run = run;
    this.#advance = advance;
  }

  take(slot: Slot, exit: Omit<Exit, 'oomKilled'>): void {
    const life = slot.vacate();
    const { exitcode, signal } = exit;
    this.#run.report({ type: 'exited', slot: slot.index, exitCode: exitcode, signal });
    // A worker that was asked to exit has not failed, however it exited.
    if (!this.#run.ending) {
      // A stalled worker was killed by the coordinator.
      const oomKilled = life.stalled === null && isKill(exit) && this.#run.oomDeaths.explain(slot.oomKills);
      const { kind, message, how } = failureOf(life, { ...exit, oomKilled });
      const { shard } = life;
      this.#run.report({ type: 'failed', slot: slot.index, shard, kind, message });
      if (life.failure?.error === 'unworkable') {
        this.#run.unworkable = message;
      } else if (how === 'killed') {
        // The device is still there: the next worker starts soon, and later each time they keep being killed.
        slot.notBefore =
          this.#run.clock.now() + this.#run.delay(killedBackoffMs(slot.kills++, this.#run.policy));
      } else if (FAILURE_KINDS[kind].losesDevice) {
        slot.notBefore = this.#run.clock.now() + FAILURE_KINDS[kind].delayMs(0, this.#run.policy);
      } else if (!life.ready) {
        this.#startupFailed(slot, message);
      }
      // The shard keeps its retries if nobody could have completed it.
      if (shard !== null && this.#run.unworkable === undefined) {
        const { inCall, failure, control, stalled } = life;
        const batchIdx = failure?.batchIdx ?? life.batchIdx ?? undefined;
        const { faulty } = failure ?? {};
        const action = this.#shardFailed(slot, shard, {
          kind,
          message,
          how,
          batchIdx,
          inCall,
          faulty,
          control,
        });
        if (action === 'too_slow') this.#run.limitTooShort = { shard, silentMs: stalled?.silentMs ?? 0 };
      }
      if (how === 'unfit' && ++slot.unfit >= this.#run.policy.maxStartupFailures) this.#close(slot, message);
    }
    this.#advance();
  }

  #startupFailed(slot: Slot, message: string): void {
    slot.notBefore =
      this.#run.clock.now() + this.#run.delay(backoffMs(slot.startupFailures, this.#run.policy));
    slot.startupFailures++;
    if (this.#run.startupFailures !== null) this.#run.startupFailures++;
    const verdict = afterStartUpFailure(
      {
        ofSlot: slot.startupFailures,
        overAll: this.#run.startupFailures,
        // As long as none was ever ready, all running workers are starting.
        othersStart: this.#run.slots.some(({ occupied }) => occupied),
        othersOpen: this.#run.isOpenBeside(slot),
      },
      this.#run.policy,
    );
    if (verdict === 'end_run') this.#run.startupFailure = message;
    if (verdict === 'close_slot') this.#close(slot, message);
  }

  /** Closes a slot to further workers, unless it is the last open one. */
  #close(slot: Slot, reason: string): void {
    if (!this.#run.isOpenBeside(slot)) return;
    slot.closed = true;
    this.#run.report({ type: 'slot_closed', slot: slot.index, reason });
    for (const shard of this.#run.pool.stranded(this.#run.open)) {
      const failed = this.#run.pool.giveUp(shard, 'no slot is left for it');
      if (failed !== null) this.#run.failed(failed);
    }
  }

  #shardFailed(slot: Slot, shard: number, failure: ShardFailure): PoolVerdict['action'] {
    const { action, reason, delayMs } = this.#run.pool.fail(shard, failure, {
      now: this.#run.clock.now(),
      slot: slot.index,
      open: this.#run.open,
      delay: (ms) => this.#run.delay(ms),
    });
    if (action === 'give_up' || action === 'too_slow') {
      this.#run.failed(this.#run.pool.failed.at(-1)!);
      return action;
    }
    this.#run.keeper.save(shard, this.#run.pool.recovery(shard));
    if (action === 'isolate')
      this.#run.report({ type: 'breaker', shard, batchIdx: failure.batchIdx!, reason });
    // Events report how long the slot waits for its device; another slot may take the shard immediately.
    const { losesDevice, delayMs: ofKind } = FAILURE_KINDS[failure.kind];
    const slotOnly = losesDevice && failure.how !== 'killed';
    const wait = slotOnly ? ofKind(0, this.#run.policy) : delayMs;
    this.#run.report({ type: 'retry', shard, delayMs: wait, reason, ...(slotOnly && { slotOnly }) });
    if (this.#run.options.validateShard !== undefined) void this.#validate(shard);
    return action;
  }

  /** Has the shard's folder checked before it is assigned again; no other shard waits. */
  async #validate(shard: number): Promise<void> {
    // Called on the options: the method may need its `this`.
    const look = async () => this.#run.options.validateShard?.(shard);
    this.#run.pool.hold(shard, true);
    const fault = await faultOfFolder(look, {
      policy: this.#run.policy,
      clock: this.#run.clock,
      delay: (ms) => this.#run.delay(ms),
      signal: this.#run.windingDown.signal,
    });
    this.#run.pool.hold(shard, false);
    const failed =
      fault !== null && this.#run.phase === 'running' ? this.#run.pool.giveUp(shard, fault) : null;
    if (failed !== null) this.#run.failed(failed);
    this.#advance();
  }
}
