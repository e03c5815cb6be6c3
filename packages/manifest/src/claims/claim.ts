import { StaleClaimError } from '../errors.js';
import type { ManifestModel } from '../model/model.js';

/** A shard that was given to one worker. */
export interface ShardClaim {
  rank: number;
  owner: string;
  /** How many have claimed the shard, this one included. */
  attempt: number;
  /**
   * The fencing token: what the worker shows at each update. It is refused as soon as another has claimed the shard. Plain
   * text, to be handed to the process that does the work.
   */
  token: string;
}

/** The claim that holds now; null where nobody has claimed the shard. */
export function claimOf(model: ManifestModel, rank: number): ShardClaim | null {
  const { lease } = model.shard(rank);
  if (lease === null) return null;
  const { owner, attempt } = lease;
  // The manifest's name is in it, so that a worker of a run that was begun anew is refused as well.
  return { rank, owner, attempt, token: `${model.id}/${rank}/${attempt}` };
}

/**
 * Whether an update may be made.
 *
 * @param token what the updater shows; undefined where it has none.
 * @param required whether a shard that is claimed is updated by its owner alone.
 * @throws StaleClaimError when not.
 */
export function checkClaim(model: ManifestModel, rank: number, token: string | undefined, required: boolean) {
  const claim = claimOf(model, rank);
  if (token === undefined ? required && claim !== null : token !== claim?.token)
    throw new StaleClaimError(rank, claim?.owner ?? null, token !== undefined);
}
