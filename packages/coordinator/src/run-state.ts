import type { StopSignal } from '@holdfast/process';
import { type Clock, systemClock } from './clock.js';
import type { CoordinatorEvent } from './events.js';
import { QuarantineCount } from './failures/quarantine-count.js';
import { RecoveryKeeper } from './failures/recovery-keeper.js';
import { policyWith, type RetryPolicy } from './failures/retry-policy.js';
import type { CoordinatorOptions, Outcome } from './options.js';
import { OomDeaths } from './processes/oom-deaths.js';
import { kernelOomKiller } from './processes/oom-killer.js';
import { ShardFeed } from './shards/shard-feed.js';
import { type FailedShard, ShardPool } from './shards/shard-pool.js';
import { ShardReports } from './shards/shard-reports.js';
import { Slot } from './workers/slot.js';

/** One run: its slots, its shards, and why it is to end. Decisions are made elsewhere. */
export class RunState {
  readonly options: CoordinatorOptions;
  readonly policy: Readonly<RetryPolicy>;
  readonly graceMs: number;
  readonly clock: Clock;
  readonly slots: readonly Slot[];
  readonly keeper: RecoveryKeeper;
  readonly quarantine: QuarantineCount;
  readonly oomDeaths: OomDeaths;
  readonly reports: ShardReports;
  pool: ShardPool;
  readonly feed: ShardFeed;
  phase: 'new' | 'running' | 'ended' = 'new';
  /** The workers were asked to exit. */
  ending = false;
  /** Aborted when the run winds down; from then on it waits for workers only. */
  readonly windingDown = new AbortController();
  /** Consecutive workers, over all slots, that exited before they were ready; null once one was ready. */
  startupFailures: number | null = 0;

  // Reasons to end the run before all shards are settled.
  stopped: StopSignal | null = null;
  startupFailure: string | undefined;
  tooManyQuarantined = false;
  limitTooShort: Outcome['limitTooShort'];
  unworkable: string | undefined;

  constructor(options: CoordinatorOptions) {
    this.options = options;
    this.policy = policyWith(options.policy);
    this.graceMs = options.graceMs ?? 30_000;
    this.clock = options.clock ?? systemClock;
    this.oomDeaths = new OomDeaths(options.oomKiller ?? kernelOomKiller());
    this.pool = new ShardPool(options.shards, this.policy, { isolates: options.isolates });
    this.feed = new ShardFeed(options.source);
    this.keeper = new RecoveryKeeper(options.records, (shard, error) =>
      this.report({ type: 'unrecorded', shard, message: String((error as Error)?.message ?? error) }),
    );
    this.reports = new ShardReports(options.onShardFailed);
    this.quarantine = new QuarantineCount(options.quarantined ?? 0);
    const onKill = (slot: number, reason: string) => this.report({ type: 'killed', slot, reason });
    this.slots = Array.from({ length: options.slots }, (_, index) => new Slot(index, this.clock, onKill));
  }

  /** Goes on counting from the previous coordinator's records. @throws what the records throw. */
  async recover(): Promise<void> {
    const { shards, isolates } = this.options;
    const recoveries = await this.keeper.load(shards);
    this.pool = new ShardPool(shards, this.policy, { isolates, recoveries });
  }

  /** Whether the run is to end. */
  get over(): boolean {
    return (
      this.stopped !== null ||
      this.startupFailure !== undefined ||
      this.tooManyQuarantined ||
      this.limitTooShort !== undefined ||
      this.unworkable !== undefined ||
      this.feed.failure !== null ||
      (this.pool.settled && this.feed.exhausted)
    );
  }

  /** Slots that can still have workers. */
  get open(): number[] {
    return this.slots.filter(({ closed }) => !closed).map(({ index }) => index);
  }

  isOpenBeside(slot: Slot): boolean {
    return this.open.some((other) => other !== slot.index);
  }

  /** A shard is out of retries. */
  failed({ shard, kind, message }: FailedShard): void {
    this.keeper.save(shard, null);
    this.report({ type: 'shard_failed', shard, kind, message });
    this.reports.add(shard, message);
  }

  /** A back-off with the policy's jitter, milliseconds. */
  delay(ms: number): number {
    return Math.round(ms * (1 + this.policy.jitter * (this.options.random ?? Math.random)()));
  }

  report(event: CoordinatorEvent): void {
    this.options.onEvent?.(event);
  }

  get outcome(): Outcome {
    const { refused, setAside } = this.quarantine;
    return {
      completed: [...this.pool.completed],
      failed: [...this.pool.failed],
      stopped: this.stopped,
      ...(refused + setAside === 0 ? {} : { quarantined: refused + setAside }),
      ...(setAside === 0 ? {} : { setAside }),
      ...(this.tooManyQuarantined ? { tooManyQuarantined: true as const } : {}),
      ...(this.limitTooShort === undefined ? {} : { limitTooShort: this.limitTooShort }),
      ...(this.unworkable === undefined ? {} : { unworkable: this.unworkable }),
      ...(this.startupFailure === undefined ? {} : { startupFailure: this.startupFailure }),
    };
  }
}
