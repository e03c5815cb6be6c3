import { ShardClaimedError } from '../errors.js';
import type { Lease, ShardStatus } from '../model/schema.js';
import type { Holder } from './claim-locks.js';

/** A requested claim. */
interface Wish {
  rank: number;
  owner: string;
  /** When, ISO 8601. */
  at: string;
  steal?: boolean;
  unlessAliveWithinMs?: number;
  ifAttempt?: number;
}

/**
 * Checks whether a shard may be claimed.
 *
 * @param holder returns who holds the current claim; called only if that decides.
 * @throws ShardClaimedError if it may not.
 */
export function checkMayClaim(
  { lease, status }: { lease: Readonly<Lease> | null; status: ShardStatus },
  { rank, owner, at, steal = false, unlessAliveWithinMs, ifAttempt }: Wish,
  holder: () => Holder,
): void {
  if (ifAttempt !== undefined && (status !== 'in_progress' || (lease?.attempt ?? 0) !== ifAttempt))
    throw new ShardClaimedError(rank, lease?.owner ?? 'nobody', lease?.heartbeat_at ?? at);
  // Nobody owns a shard that is complete or has failed.
  if (lease === null || status !== 'in_progress' || steal) return;
  const isOwner = lease.owner === owner;
  if (unlessAliveWithinMs !== undefined) {
    const age = Date.parse(at) - Date.parse(lease.heartbeat_at);
    // Clocks differ: slightly in the future is as recent as slightly in the past. A wrong guess is fenced.
    if (!isOwner && Math.abs(age) < unlessAliveWithinMs)
      throw new ShardClaimedError(rank, lease.owner, lease.heartbeat_at);
    return;
  }
  const now = holder();
  // The owner's name proves nothing about another process: two may share it.
  if (now === 'another' || (now === 'this process' && !isOwner))
    throw new ShardClaimedError(rank, lease.owner, lease.heartbeat_at, true);
}
