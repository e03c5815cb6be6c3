import { parseOwner, type Task } from './task.js';

/** What a task knows about the owner of a shard. */
export interface OwnerFacts {
  /** As the manifest has it. */
  owner: string;
  /** How old its beat is, in milliseconds by the shared file system's own clock; null: it has none, or said that it ended. */
  silentMs: number | null;
}

/** How long an owner may be silent. */
export interface Lease {
  /** Milliseconds between two beats. */
  beatMs: number;
  /** Milliseconds of silence after which an owner counts as dead. */
  leaseMs: number;
}

/** Whether an owner is an earlier start of this task: its engine has started it again, so that one is over. */
export function isEarlierStart(owner: string, me: Pick<Task, 'name' | 'start'>): boolean {
  const other = parseOwner(owner);
  return other !== null && other.name === me.name && other.start < me.start;
}

/**
 * Whether a task may take a shard from an owner whose process is alive, as far as the kernel knows: it may be on a machine that no
 * longer answers. Nothing depends on a right answer: a claim that was taken wrongly costs the other its unsaved rows, and fencing
 * keeps it from writing. A worker of `holdfast embed` has no beat, so nothing is taken from it.
 */
export function mayTakeFrom(
  { owner, silentMs }: OwnerFacts,
  me: Pick<Task, 'name' | 'start'>,
  { leaseMs }: Pick<Lease, 'leaseMs'>,
): boolean {
  if (isEarlierStart(owner, me)) return true;
  return parseOwner(owner) !== null && silentMs !== null && silentMs > leaseMs;
}

/** The shard with which a task begins to look for work: each has its own part of the plan, so that they rarely meet. */
export const firstShard = (shards: number, { index, count }: Pick<Task, 'index' | 'count'>): number =>
  Math.floor((shards * (index % count)) / count);
