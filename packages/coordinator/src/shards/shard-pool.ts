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
  isLeftToAnother,
  isStranded,
  leftToOthers,
  madeProgress,
  mayTake,
  NO_SLOTS,
  outOfRetries,
  type SlotHistory,
  takenBySlot,
} from './redistribution.js';

const debug = debuglog('holdfast:coordinator');

/**
 * A due retry goes before shards not yet begun, so a repeated failure shows early. After this many failures in a row it waits
 * with the others, so it cannot hold them up.
 */
const FIRST_TURNS = 3;

export interface FailedShard {
  shard: number;
  kind: ErrorKind;
  /** Why it is not retried, and the last failure's message. */
  message: string;
}

/** `redistribute`: it is out of retries on the slots it failed on, and goes to another. */
export type PoolVerdict = Omit<Verdict, 'action'> & { action: Verdict['action'] | 'redistribute' };

/** An assigned shard. */
export type Assignment = Extract<ToWorker, { type: 'assign' }> & {
  /** The slot on which it ran out of retries, if it is taken over from one. */
  takenOverFrom: number | null;
};

interface Entry {
  readonly shard: number;
  /** The token for its worker, if a source handed it out. */
  readonly claim: string | undefined;
  attempts: number;
  /** Failures since it last made progress, of any kind. */
  setbacks: number;
  recovery: Recovery;
  /** Not assigned before this time, milliseconds. */
  notBefore: number;
  /** Not assigned until it is released. */
  held: boolean;
  slots: SlotHistory;
  lastFailure: { kind: ErrorKind; message: string } | null;
}

export interface PoolOptions {
  /** Whether workers can isolate rows at fault. Default false. */
  isolates?: boolean | undefined;
  /** Failures under earlier coordinators, by shard. */
  recoveries?: ReadonlyMap<number, Recovery> | undefined;
}

/**
 * Tracks which shards are waiting, at work, complete or failed, and how often each has failed. A shard is in
 * exactly one of the four states at any time. Uses no clock and no process: each call passes the time in
 * milliseconds.
 */
export class ShardPool {
  readonly completed: number[] = [];
  readonly failed: FailedShard[] = [];
  readonly #policy: Readonly<RetryPolicy>;
  readonly #isolates: boolean;
  /** In order of assignment. */
  #waiting: Entry[];
  readonly #atWork = new Map<number, Entry>();

  constructor(
    shards: readonly number[],
    policy: Readonly<RetryPolicy>,
    { isolates = false, recoveries }: PoolOptions = {},
  ) {
    this.#policy = policy;
    this.#isolates = isolates;
    this.#waiting = shards.map((shard) => entryOf(shard, recoveries?.get(shard) ?? null));
  }

  /** One more shard. @throws RangeError if it is already here and not settled. */
  add(shard: number, { claim, recovery }: { claim: string; recovery: Recovery | null }): void {
    if (this.#find(shard) !== undefined) throw new RangeError(`shard ${shard} was handed out twice`);
    this.#waiting.push(entryOf(shard, recovery, claim));
  }

  /** A shard is another coordinator's now. */
  drop(shard: number): void {
    this.#atWork.delete(shard);
    this.#waiting = this.#waiting.filter((entry) => entry.shard !== shard);
  }

  /** Whether every shard is complete or has failed. */
  get settled(): boolean {
    return this.#waiting.length === 0 && this.#atWork.size === 0;
  }

  /** Number of shards a slot could take now. @param open slots that can still have workers. */
  due(now: number, slot: number, open: readonly number[]): number {
    return this.#waiting.filter((entry) => isDue(entry, { now, slot, open })).length;
  }

  /** When the next back-off ends, milliseconds; null if no shard waits for one. */
  nextDue(now: number): number | null {
    const later = this.#waiting.filter(({ notBefore }) => notBefore > now).map(({ notBefore }) => notBefore);
    return later.length > 0 ? Math.min(...later) : null;
  }

  /**
   * Assigns a slot a shard that is due: one that failed before those that nobody has begun, and then the one that has waited
   * longest. Null if there is none.
   *
   * @param retry whether that may be a shard that is left to another slot, as it has failed on this one.
   */
  take({ now, slot, open }: Taker, retry = true): Assignment | null {
    const due = this.#waiting.filter(
      (each) => isDue(each, { now, slot, open }) && (retry || !isLeftToAnother(each.slots, { slot, open })),
    );
    const entry = due.find(({ setbacks }) => setbacks > 0 && setbacks <= FIRST_TURNS) ?? due[0];
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
      ...(entry.claim === undefined ? {} : { claim: entry.claim }),
      takenOverFrom,
    };
  }

  /** The failures of a shard that is at work or waiting. */
  recovery(shard: number): Readonly<Recovery> | null {
    return this.#find(shard)?.recovery ?? null;
  }

  /** A shard made a checkpoint: earlier failures no longer count against it. */
  progressed(shard: number, endBatch?: number): void {
    const entry = this.#find(shard);
    if (entry === undefined) return;
    entry.setbacks = 0;
    entry.recovery = afterCheckpoint(entry.recovery, endBatch, this.#policy);
    entry.slots = madeProgress(entry.slots);
  }

  /** A worker reports the state of its isolation. */
  setIsolation(shard: number, isolation: Recovery['isolation']): void {
    const entry = this.#atWork.get(shard);
    if (entry !== undefined) entry.recovery = { ...entry.recovery, isolation };
  }

  complete(shard: number): void {
    this.#atWork.delete(shard);
    this.completed.push(shard);
  }

  /**
   * A shard's worker failed: the shard waits again, or has failed for good.
   *
   * @param open slots that can still have workers.
   * @param delay actual milliseconds to wait, given those of the policy.
   */
  fail(
    shard: number,
    failure: ShardFailure,
    { now, slot, open, delay = (ms) => ms }: FailContext,
  ): PoolVerdict {
    const entry = this.#atWork.get(shard);
    if (entry === undefined) throw new RangeError(`shard ${shard} has no worker`);
    const { kind, message } = failure;
    entry.setbacks++;
    entry.lastFailure = { kind, message };
    const { losesDevice = false } = FAILURE_KINDS[kind];
    if (!losesDevice) entry.slots = failedOn(entry.slots, slot);
    // The machine may be under pressure: the shard waits, whichever slot takes it.
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
    // After a preemption only the device must come back; a healthy worker may take the shard immediately.
    entry.notBefore = losesDevice && !killed ? now : now + delayMs;
    this.#waiting.push(entry);
    return { ...decided, delayMs };
  }

  /** Holds a waiting shard back from assignment, or releases it. */
  hold(shard: number, held: boolean): void {
    const entry = this.#waiting.find((other) => other.shard === shard);
    if (entry !== undefined) entry.held = held;
  }

  /** Gives up on a waiting shard. */
  giveUp(shard: number, reason: string): FailedShard | null {
    const entry = this.#waiting.find((other) => other.shard === shard);
    return entry === undefined ? null : this.#giveUp(entry, reason);
  }

  /** Waiting shards that are barred from all of these slots. */
  stranded(open: readonly number[]): number[] {
    return this.#waiting.filter(({ slots }) => isStranded(slots, open)).map(({ shard }) => shard);
  }

  /** A failure that is the device's fault is not counted; the shard goes to another slot, if there is one. */
  #leftTo(entry: Entry, failure: ShardFailure, slot: number, open: readonly number[]): PoolVerdict | null {
    const left = failure.how === 'unfit' ? leftToOthers(entry.slots, slot, open) : null;
    if (left === null) return null;
    entry.slots = left;
    return { action: 'redistribute', reason: 'its device fails on known-good input', delayMs: 0 };
  }

  #decided(entry: Entry, failure: ShardFailure, slot: number, open: readonly number[]): PoolVerdict {
    const { recovery, verdict } = afterFailure(entry.recovery, failure, this.#policy, this.#isolates);
    entry.recovery = recovery;
    return verdict.action === 'give_up' ? this.#barred(entry, verdict, slot, open) : verdict;
  }

  /** It is out of retries on every slot it failed on; another may take it, with fresh retries. */
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
    const { kind = 'transient', message = 'no worker could take it' } = entry.lastFailure ?? {};
    const failed: FailedShard = { shard: entry.shard, kind, message: `${reason}: ${message}` };
    this.failed.push(failed);
    return failed;
  }

  #find(shard: number): Entry | undefined {
    return this.#atWork.get(shard) ?? this.#waiting.find((entry) => entry.shard === shard);
  }
}

const entryOf = (shard: number, recovery: Recovery | null, claim?: string): Entry => ({
  shard,
  claim,
  attempts: 0,
  setbacks: 0,
  recovery: recovery ?? noFailures(),
  notBefore: 0,
  held: false,
  slots: NO_SLOTS,
  lastFailure: null,
});

/** When and where a shard is requested, and the slots that can still have workers. */
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
  return !held && notBefore <= now && mayTake(slots, { slot, open, isolating: recovery.isolation !== null });
}
