import type { ManifestModel } from '../model/model.js';
import { claimOf } from './claim.js';

/**
 * The shard to claim next: the first in progress that nobody has claimed, else the first whose owner is gone. Null if each has a
 * live owner, or none is in progress.
 *
 * @param from the rank to begin at; after the last comes the first.
 * @param isGone whether the owner with this token is gone; called only if every shard in progress was claimed.
 */
export function nextToClaim(
  model: ManifestModel,
  from: number,
  isGone: (token: string) => boolean,
): number | null {
  const ranks = model.ranks('in_progress');
  const first = ranks.findIndex((rank) => rank >= from);
  const inTurn = first < 0 ? ranks : [...ranks.slice(first), ...ranks.slice(0, first)];
  return (
    inTurn.find((rank) => model.shard(rank).lease === null) ??
    inTurn.find((rank) => isGone(claimOf(model, rank)!.token)) ??
    null
  );
}
