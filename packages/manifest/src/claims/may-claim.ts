import { ShardClaimedError } from '../errors.js';
import type { Lease, ShardStatus } from '../model/schema.js';
import type { Holder } from './claim-locks.js';

/** A claim that is wanted. */
interface Wish {
  rank: number;
  owner: string;
  /** When, ISO 8601. */
  at: string;
  steal?: boolean;
  unlessAliveWithinMs?: number;
}

/**
 * Whether a shard may be claimed.
 *
 * @param holder who holds the claim that there is; asked only where that decides.
 * @throws ShardClaimedError when not.
 */
export function checkMayClaim(
  { lease, status }: { lease: Readonly<Lease> | null; status: ShardStatus },
  { rank, owner, at, steal = false, unlessAliveWithinMs }: Wish,
  holder: () => Holder,
): void {
  // What is complete or failed is nobody's.
  if (lease === null || status !== 'in_progress' || steal) return;
  const isOwner = lease.owner === owner;
  if (unlessAliveWithinMs !== undefined) {
    const age = Date.parse(at) - Date.parse(lease.heartbeat_at);
    // Clocks differ: a little in the future is as near as a little in the past. Whoever errs is fenced.
    if (!isOwner && Math.abs(age) < unlessAliveWithinMs)
      throw new ShardClaimedError(rank, lease.owner, lease.heartbeat_at);
    return;
  }
  const now = holder();
  // A name tells nothing of another process: two may have the same.
  if (now === 'another' || (now === 'this process' && !isOwner))
    throw new ShardClaimedError(rank, lease.owner, lease.heartbeat_at, true);
}
