import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { checkEvent, factsOf, type RecordedCheckpoint } from '../events.js';
import { ManifestModel } from '../model/model.js';
import type { ManifestState } from '../model/schema.js';

/** The checkpoints found in the shards' folders. */
export interface FoundCheckpoints {
  /** Number of shards. */
  worldSize: number;
  /** Valid checkpoints by rank; shards without any may be absent. */
  checkpoints: ReadonlyMap<number, readonly RecordedCheckpoint[]>;
}

/**
 * Reads the checkpoint folders, which are the truth. Called under the manifest's lock; must not use the
 * manifest.
 */
export type Rebuild = () => Promise<FoundCheckpoints>;

/**
 * Rebuilds a manifest from the checkpoints found.
 *
 * @param known the readable part of the damaged manifest; null if there is none. Facts that no folder has
 * (claims, failed shards, redistributions) are taken from it, except the counts of failures: their newest
 * values may be lost in the damage, so they restart.
 * @throws ManifestUpdateError for checkpoints that a manifest cannot have.
 */
export async function rebuilt(
  known: ManifestModel | null,
  rebuild: Rebuild,
  at: string,
): Promise<ManifestModel> {
  const { worldSize, checkpoints } = await rebuild();
  // A new ID: claims may be lost, so no earlier token may pass, and the old journal must not be applied.
  const id = randomUUID();
  const model =
    known?.worldSize === worldSize
      ? ManifestModel.from(withoutRecoveries(known), id)
      : ManifestModel.initial(worldSize, id, at);
  for (const rank of checkpoints.keys()) model.shard(rank);
  for (let rank = 0; rank < worldSize; rank++) {
    const found = (checkpoints.get(rank) ?? []).map(factsOf);
    model.apply(checkEvent(model.shard(rank).difference(rank, found)), at);
  }
  return model;
}

function withoutRecoveries(known: ManifestModel): ManifestState {
  const state = known.toState();
  for (const shard of Object.values(state.shards)) shard.recovery = null;
  return state;
}

/**
 * Copies damaged files to unused names, for inspection.
 *
 * @returns the copy of the first.
 */
export async function keepDamaged(paths: readonly string[]): Promise<string> {
  let number = 0;
  const aside = (path: string) => `${path}.corrupt${number > 0 ? `-${number}` : ''}`;
  while (paths.some((path) => existsSync(aside(path)))) number++;
  for (const path of paths) if (existsSync(path)) await copyFile(path, aside(path));
  return aside(paths[0]!);
}
