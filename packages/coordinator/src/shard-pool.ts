import type { ErrorKind } from './classify-error.js';
import { type RetryDecision, type RetryPolicy, shouldRetryWorker } from './retry-policy.js';

export interface FailedShard {
  shard: number;
  kind: ErrorKind;
  /** Why it is not tried again, and the last failure's message. */
  message: string;
}

interface Waiting {
  shard: number;
  /** Not to be given out before this time, in milliseconds. */
  notBefore: number;
}

interface History {
  attempts: number;
  failures: Map<ErrorKind, number>;
  batchFailures: Map<number | undefined, number>;
}

export interface ShardFailure {
  kind: ErrorKind;
  /** The batch at work, where that is known. */
  batchIdx: number | undefined;
  message: string;
}

/**
 * Which shards wait, are at work, are complete or have failed, and how often each has failed. No clock and no process:
 * the time is given with each call. A shard is in exactly one of the four at any time.
 */
export class ShardPool {
  readonly completed: number[] = [];
  readonly failed: FailedShard[] = [];
  readonly #policy: Readonly<RetryPolicy>;
  readonly #waiting: Waiting[];
  readonly #atWork = new Set<number>();
  readonly #history = new Map<number, History>();

  constructor(shards: readonly number[], policy: Readonly<RetryPolicy>) {
    this.#policy = policy;
    this.#waiting = shards.map((shard) => ({ shard, notBefore: 0 }));
  }

  /** Whether every shard is complete or has failed. */
  get settled(): boolean {
    return this.#waiting.length === 0 && this.#atWork.size === 0;
  }

  /** Shards that could be given out now. */
  due(now: number): number {
    return this.#waiting.filter(({ notBefore }) => notBefore <= now).length;
  }

  /** When the next shard that waits for its back-off is due; null when none does. */
  nextDue(now: number): number | null {
    const later = this.#waiting.filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore);
    return later.length > 0 ? Math.min(...later) : null;
  }

  /** Gives out the shard that is due and has waited longest, or null. */
  take(now: number): { shard: number; attempt: number } | null {
    const at = this.#waiting.findIndex(({ notBefore }) => notBefore <= now);
    if (at < 0) return null;
    const [{ shard }] = this.#waiting.splice(at, 1) as [Waiting];
    this.#atWork.add(shard);
    const history = this.#historyOf(shard);
    history.attempts++;
    return { shard, attempt: history.attempts };
  }

  /** A shard made a checkpoint: what failed before it no longer counts against it. */
  progressed(shard: number): void {
    const { failures } = this.#historyOf(shard);
    failures.delete('oom');
    failures.delete('transient');
  }

  complete(shard: number): void {
    this.#atWork.delete(shard);
    this.completed.push(shard);
  }

  /** A shard's worker failed: it waits again, or has failed for good. */
  fail(shard: number, { kind, batchIdx, message }: ShardFailure, now: number): RetryDecision {
    const { failures, batchFailures } = this.#historyOf(shard);
    const retryCount = failures.get(kind) ?? 0;
    failures.set(kind, retryCount + 1);
    const strikes = (batchFailures.get(batchIdx) ?? 0) + 1;
    if (kind === 'poison_input') batchFailures.set(batchIdx, strikes);
    const decision = shouldRetryWorker({ kind, retryCount, batchIdx, batchFailures: strikes }, this.#policy);
    this.#atWork.delete(shard);
    if (decision.retry) {
      // After a preemption it is the device that must come back; a healthy worker may take the shard at once.
      this.#waiting.push({ shard, notBefore: kind === 'spot_preemption' ? now : now + decision.delayMs });
    } else {
      this.failed.push({ shard, kind, message: `${decision.reason}: ${message}` });
    }
    return decision;
  }

  #historyOf(shard: number): History {
    let history = this.#history.get(shard);
    if (history === undefined) {
      history = { attempts: 0, failures: new Map(), batchFailures: new Map() };
      this.#history.set(shard, history);
    }
    return history;
  }
}
