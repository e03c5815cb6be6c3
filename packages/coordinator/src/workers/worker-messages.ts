import type { FromWorker } from '../messages.js';
import type { RunState } from '../run-state.js';
import type { Life, Slot } from './slot.js';

export class WorkerMessages {
  readonly #run: RunState;
  readonly #advance: () => void;

  /** @param advance is called when there may be something to do. */
  constructor(run: RunState, advance: () => void) {
    this.#run = run;
    this.#advance = advance;
  }

  take(slot: Slot, message: FromWorker): void {
    const { life } = slot;
    slot.sign();
    life.heard = true;
    switch (message.type) {
      case 'failed':
        life.failure = message;
        slot.endWithin(this.#run.graceMs, 'it failed, but did not exit');
        return;
      case 'heartbeat':
        life.stage = message.stage ?? life.stage;
        return;
      case 'ready':
        life.ready = true;
        slot.startupFailures = 0;
        this.#run.startupFailures = null;
        this.#run.report({ slot: slot.index, ...message });
        return this.#advance();
    }
    // Ignore messages about a shard that is not, or no longer, this worker's.
    if (message.shard === slot.life.shard) this.#onShardMessage(slot, message);
  }

  #onShardMessage(
    slot: Slot,
    message: Exclude<FromWorker, { type: 'failed' | 'heartbeat' | 'ready' }>,
  ): void {
    const { life } = slot;
    const { shard } = message;
    switch (message.type) {
      case 'calling':
        life.batchIdx = message.batchIdx;
        life.inCall = message.rows;
        life.control = false;
        if (message.isolation === undefined) return;
        this.#run.pool.setIsolation(shard, message.isolation);
        this.#run.keeper.save(shard, this.#run.pool.recovery(shard));
        return this.#run.report({
          type: 'isolating',
          slot: slot.index,
          shard,
          batchIdx: message.batchIdx,
          sequences: message.rows.length,
        });
      case 'control':
        life.batchIdx = message.batchIdx;
        life.inCall = null;
        life.control = true;
        if (message.isolation !== undefined) this.#run.pool.setIsolation(shard, message.isolation);
        return;
      case 'returned':
        life.inCall = null;
        life.control = false;
        return;
      case 'lost':
        this.#run.pool.drop(shard);
        this.#run.keeper.forget(shard);
        this.#rest(life);
        this.#run.report({ type: 'claim_lost', slot: slot.index, shard, message: message.message });
        return this.#advance();
      case 'quarantined':
        return this.#onQuarantined(slot, shard, message.sequence);
      case 'resumed':
        this.#run.quarantine.resumed(shard, message.quarantined ?? 0);
        life.batchIdx = message.nextBatch ?? null;
        this.#checkQuarantine();
        break;
      case 'progress':
        life.batchIdx = message.nextBatch ?? null;
        life.inCall = null;
        slot.kills = 0;
        break;
      case 'checkpoint':
        slot.unfit = 0;
        slot.kills = 0;
        this.#run.pool.progressed(shard, message.endBatch);
        if (this.#run.keeper.has(shard)) this.#run.keeper.save(shard, this.#run.pool.recovery(shard));
        break;
      case 'complete':
        this.#run.pool.complete(shard);
        this.#run.keeper.save(shard, null);
        slot.kills = 0;
        this.#rest(life);
        break;
    }
    this.#run.report({ slot: slot.index, ...message });
    if (message.type === 'complete') this.#advance();
  }

  /** It has no shard any more. */
  #rest(life: Life): void {
    life.shard = null;
    life.batchIdx = null;
    life.inCall = null;
  }

  #onQuarantined(
    slot: Slot,
    shard: number,
    sequence: Extract<FromWorker, { type: 'quarantined' }>['sequence'],
  ): void {
    if (!this.#run.quarantine.found(shard, sequence.ordinal, sequence.kind)) return;
    this.#run.report({ type: 'quarantined', slot: slot.index, shard, ...sequence });
    this.#checkQuarantine();
  }

  #checkQuarantine(): void {
    const { maxQuarantined = Number.POSITIVE_INFINITY, maxSetAside = maxQuarantined } = this.#run.options;
    const { refused, setAside } = this.#run.quarantine;
    if (refused <= maxQuarantined && setAside <= maxSetAside) return;
    this.#run.tooManyQuarantined = true;
    this.#advance();
  }
}
