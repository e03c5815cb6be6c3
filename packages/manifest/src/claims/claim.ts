import { StaleClaimError } from '../errors.js';
import type { ManifestModel } from '../model/model.js';

/** One worker's right to a shard. */
export interface ShardClaim {
  rank: number;
  owner: string;
  /** How often the shard has been claimed, including this claim. */
  attempt: number;
  /**
   * The fencing token, which the worker passes with each update. It is refused once another has claimed the
   * shard. Plain text, so it can be passed to the process that does the work.
   */
  token: string;
}

/** The current claim; null if nobody has claimed the shard. */
export function claimOf(model: ManifestModel, rank: number): ShardClaim | null {
  const { lease } = model.shard(rank);
  if (lease === null) return null;
  const { owner, attempt } = lease;
  // It contains the manifest's ID, so a worker of a replaced run is refused as well.
  return { rank, owner, attempt, token: `${model.id}/${rank}/${attempt}` };
}

/**
 * Checks whether an update is allowed.
 *
 * @param token the updater's token; undefined if it has none.
 * @param required whether only its owner may update a claimed shard.
 * @throws StaleClaimError if it is not allowed.
 */
export function checkClaim(model: ManifestModel, rank: number, token: string | undefined, required: boolean) {
  const claim = claimOf(model, rank);
  if (token === undefined ? required && claim !== null : token !== claim?.token)
    throw new StaleClaimError(rank, claim?.owner ?? null, token !== undefined);
}
