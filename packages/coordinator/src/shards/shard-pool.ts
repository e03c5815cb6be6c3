import { debuglog } from 'node:util';
import { type ErrorKind, FAILURE_KINDS } from '../failures/failure-kinds.js';
import { noFailures, type Recovery } from '../failures/recovery.js';
import type { RetryPolicy } from '../failures/retry-policy.js';
import {
  afterCheckpoint,
  afterFailure,
  climbAfter,
  type ShardFailure,
  type Verdict,
} from '../failures/shard-failure.js';
import type { ToWorker } from '../messages.js';
import {
  failedOn,
  isStranded,
  leftToOthers,
  mayTake,
  NO_SLOTS,
  outOfRetries,
  type SlotHistory,
  takenBySlot,
  wentForward,
} from './redistribution.js';

const debug = debuglog('holdfast:coordinator');

export interface FailedShard {
  shard: number;
  kind: ErrorKind;
  /** Why it is not tried again, and the last failure's message. */
  message: string;
}

/** `redistribute`: it is out of retries on the slots that had it, and goes to another. */
export type PoolVerdict = Omit<Verdict, 'action'> & { action: Verdict['action'] | 'redistribute' };

/** A shard that is given out. */
export type Assignment = Extract<ToWorker, { type: 'assign' }> & {
  /** The slot that is out of retries with it, if it is taken over from one. */
  takenOverFrom: number | null;
};

interface Entry {
  readonly shard: number;
  attempts: number;
  recovery: Recovery;
  /** Not to be given out before this time, in milliseconds. */
  notBefore: number;
  /** Not to be given out until it is released. */
  held: boolean;
  slots: SlotHistory;
  lastFailure: { kind: ErrorKind; message: string } | null;
}

export interface PoolOptions {
  /** Whether workers can search for rows at fault. Default false. */
  isolates?: boolean | undefined;
  /** What is known of the failures of earlier runs, by shard. */
  recoveries?: ReadonlyMap<number, Recovery> | undefined;
}

/**
 * Which shards wait, are at work, are complete or have failed, and how often each has failed. No clock and no process:
 * the time is given with each call, in milliseconds. A shard is in exactly one of the four at any time.
 */
export class ShardPool {
  readonly completed: number[] = [];
  readonly failed: FailedShard[] = [];
  readonly #policy: Readonly<RetryPolicy>;
  readonly #isolates: boolean;
  /** In the order in which they are given out. */
  #waiting: Entry[];
  readonly #atWork = new Map<number, Entry>();

  constructor(
    shards: readonly number[],
    policy: Readonly<RetryPolicy>,
    { isolates = false, recoveries }: PoolOptions = {},
  ) {
    this.#policy = policy;
    this.#isolates = isolates;
    this.#waiting = shards.map((shard) => ({
      shard,
      attempts: 0,
      recovery: recoveries?.get(shard) ?? noFailures(),
      notBefore: 0,
      held: false,
      slots: NO_SLOTS,
      lastFailure: null,
    }));
  }

  /** Whether every shard is complete or has failed. */
  get settled(): boolean {
    return this.#waiting.length === 0 && this.#atWork.size === 0;
  }

  /** Shards that could be given to a slot now. @param open slots that can still have workers. */
  due(now: number, slot: number, open: readonly number[]): number {
    return this.#waiting.filter((entry) => isDue(entry, { now, slot, open })).length;
  }

  /** When the next shard that waits for its back-off is due; null when none does. */
  nextDue(now: number): number | null {
    const later = this.#waiting.filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore);
    return later.length > 0 ? Math.min(...later) : null;
  }

  /**
   * Gives a slot the shard that is due and has waited longest; or null.
   *
   * @param anew whether one that has failed there is given, too.
   */
  take({ now, slot, open }: Taker, anew = true): Assignment | null {
    const entry = this.#waiting.find(
      (each) => isDue(each, { now, slot, open }) && (anew || !each.slots.failedOn.has(slot)),
    );
    if (entry === undefined) return null;
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    this.#atWork.set(entry.shard, entry);
    entry.attempts++;
    const { shard, attempts: attempt, recovery } = entry;
    const { takenOverFrom } = entry.slots;
    entry.slots = takenBySlot(entry.slots);
    const { halvings, isolation } = recovery;
    debug('slot %d takes shard %d, attempt %d, budget halved %s times', slot, shard, attempt, halvings);
    return {
      type: 'assign',
      shard,
      attempt,
      ...(halvings === 0 ? {} : { budget: { halvings, climbAfter: climbAfter(recovery, this.#policy) } }),
      ...(isolation === null ? {} : { isolation }),
      takenOverFrom,
    };
  }

  /** What is known of the failures of a shard that is at work or waits. */
  recovery(shard: number): Readonly<Recovery> | null {
    return this.#find(shard)?.recovery ?? null;
  }

  /** A shard made a checkpoint: what failed before it no longer counts against it. */
  progressed(shard: number, endBatch?: number): void {
    const entry = this.#find(shard);
    if (entry === undefined) return;
    entry.recovery = afterCheckpoint(entry.recovery, endBatch, this.#policy);
    entry.slots = wentForward(entry.slots);
  }

  /** A worker's own search for rows at fault has come so far. */
  searched(shard: number, isolation: Recovery['isolation']): void {
    const entry = this.#atWork.get(shard);
    if (entry !== undefined) entry.recovery = { ...entry.recovery, isolation };
  }

  complete(shard: number): void {
    this.#atWork.delete(shard);
    this.completed.push(shard);
  }

  /**
   * A shard's worker failed: it waits again, or has failed for good.
   *
   * @param open slots that can still have workers.
   * @param delay the milliseconds that are waited in truth, given those of the policy.
   */
  fail(
    shard: number,
    failure: ShardFailure,
    { now, slot, open, delay = (ms) => ms }: FailContext,
  ): PoolVerdict {
    const entry = this.#atWork.get(shard);
    if (entry === undefined) throw new RangeError(`shard ${shard} is with no worker`);
    const { kind, message } = failure;
    entry.lastFailure = { kind, message };
    const { losesDevice = false } = FAILURE_KINDS[kind];
    if (!losesDevice) entry.slots = failedOn(entry.slots, slot);
    // Whoever killed it may have had enough of the machine: the shard waits, whichever slot takes it.
    const killed = failure.how === 'killed';
    const decided = this.#leftTo(entry, failure, slot, open) ?? this.#decided(entry, failure, slot, open);
    debug(
      'shard %d failed on slot %d (%s, %s): %s; %s',
      shard,
      slot,
      kind,
      failure.how,
      decided.action,
      decided.reason,
    );
    if (decided.action === 'give_up' || decided.action === 'too_slow') {
      this.#giveUp(entry, decided.reason);
      return decided;
    }
    this.#atWork.delete(shard);
    const delayMs = delay(decided.delayMs);
    // After a preemption it is the device that must come back; a healthy worker may take the shard at once.
    entry.notBefore = losesDevice && !killed ? now : now + delayMs;
    this.#waiting.push(entry);
    return { ...decided, delayMs };
  }

  /** Keeps a waiting shard from being given out, or no longer. */
  hold(shard: number, held: boolean): void {
    const entry = this.#waiting.find((other) => other.shard === shard);
    if (entry !== undefined) entry.held = held;
  }

  /** A shard that waits has failed for good. */
  giveUp(shard: number, reason: string): FailedShard | null {
    const entry = this.#waiting.find((other) => other.shard === shard);
    return entry === undefined ? null : this.#giveUp(entry, reason);
  }

  /** Waiting shards that no slot of these may have any more. */
  stranded(open: readonly number[]): number[] {
    return this.#waiting.filter(({ slots }) => isStranded(slots, open)).map(({ shard }) => shard);
  }

  /** What the device is at fault for is left to another slot, if there is one, and not counted. */
  #leftTo(entry: Entry, failure: ShardFailure, slot: number, open: readonly number[]): PoolVerdict | null {
    const left = failure.how === 'unfit' ? leftToOthers(entry.slots, slot, open) : null;
    if (left === null) return null;
    entry.slots = left;
    return { action: 'redistribute', reason: 'its device fails on what is known to be good', delayMs: 0 };
  }

  #decided(entry: Entry, failure: ShardFailure, slot: number, open: readonly number[]): PoolVerdict {
    const { recovery, verdict } = afterFailure(entry.recovery, failure, this.#policy, this.#isolates);
    entry.recovery = recovery;
    return verdict.action === 'give_up' ? this.#barred(entry, verdict, slot, open) : verdict;
  }

  /** It is out of retries on this slot, and so on all on which it failed; another may have it, with retries of its own. */
  #barred(entry: Entry, verdict: Verdict, slot: number, open: readonly number[]): PoolVerdict {
    const next = outOfRetries(entry.slots, slot, open);
    if (next === null) return verdict;
    entry.slots = next;
    const { isolation, failedCalls } = entry.recovery;
    entry.recovery = { ...noFailures(), isolation, failedCalls };
    return { action: 'redistribute', reason: verdict.reason, delayMs: 0 };
  }

  #giveUp(entry: Entry, reason: string): FailedShard {
    this.#waiting = this.#waiting.filter((other) => other !== entry);
    this.#atWork.delete(entry.shard);
    const { kind = 'transient', message = 'no worker could have it' } = entry.lastFailure ?? {};
    const failed: FailedShard = { shard: entry.shard, kind, message: `${reason}: ${message}` };
    this.failed.push(failed);
    return failed;
  }

  #find(shard: number): Entry | undefined {
    return this.#atWork.get(shard) ?? this.#waiting.find((entry) => entry.shard === shard);
  }
}

/** When and where a shard is asked for, and the slots that can still have workers. */
export interface Taker {
  now: number;
  slot: number;
  open: readonly number[];
}

/** When and where a shard failed. */
export interface FailContext extends Taker {
  delay?: (ms: number) => number;
}

function isDue({ held, notBefore, slots, recovery }: Entry, { now, slot, open }: Taker): boolean {
  return !held && notBefore <= now && mayTake(slots, { slot, open, searching: recovery.isolation !== null });
}
