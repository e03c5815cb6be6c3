import { parseOwner, type Task } from './task.js';

/** What a task knows about a shard's owner. */
export interface OwnerFacts {
  /** As the manifest has it; null: nobody has claimed the shard. */
  owner: string | null;
  /** How old its beat is, in milliseconds by the shared file system's own clock; null: it has none, or said that it ended. */
  silentMs: number | null;
}

/** How a task may take a shard. */
export type ClaimWay =
  /** If nobody alive holds it, as the kernel knows. */
  | 'if_free'
  /** Even if the kernel says that its owner is alive: that is no longer true, or no longer its business. */
  | 'steal'
  /** Not now. */
  | 'leave';

/** How long an owner may be silent. */
export interface Lease {
  /** Milliseconds between two beats. */
  beatMs: number;
  /** Milliseconds of silence after which an owner counts as dead. */
  leaseMs: number;
}

/** Beats that may be late before it is worth asking the kernel about an owner. */
const LATE = 4;

/**
 * Whether a task may take a shard from its owner. Nothing depends on a right answer: a claim that was taken wrongly costs the
 * other its unsaved rows, and fencing keeps it from writing.
 */
export function mayClaim(
  { owner, silentMs }: OwnerFacts,
  me: Pick<Task, 'name' | 'start'>,
  lease: Lease,
): ClaimWay {
  if (owner === null) return 'if_free';
  const other = parseOwner(owner);
  // A worker of `holdfast embed` has no beat; the kernel knows about it.
  if (other === null) return 'if_free';
  // Its engine has started this task again, so the start before is over, even on a node that no longer answers.
  if (other.name === me.name && other.start < me.start) return 'steal';
  if (silentMs === null) return 'if_free';
  if (silentMs > lease.leaseMs) return 'steal';
  return silentMs > LATE * lease.beatMs ? 'if_free' : 'leave';
}

/** The order in which a task looks at shards: from its own part of the plan on, so that tasks rarely meet. */
export function inOrder(
  shards: readonly number[],
  { index, count }: Pick<Task, 'index' | 'count'>,
): number[] {
  const first = Math.floor((shards.length * (index % count)) / count);
  return [...shards.slice(first), ...shards.slice(0, first)];
}
