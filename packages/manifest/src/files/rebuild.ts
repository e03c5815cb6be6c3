import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { checkEvent, factsOf, type RecordedCheckpoint } from '../events.js';
import { ManifestModel } from '../model/model.js';
import type { ManifestState } from '../model/schema.js';

/** What was found in the checkpoint folders. */
export interface FoundCheckpoints {
  /** Number of shards. */
  worldSize: number;
  /** Valid checkpoints of the shards that have any, by rank. */
  checkpoints: ReadonlyMap<number, readonly RecordedCheckpoint[]>;
}

/** Reads the checkpoint folders, which are the truth. It is called under the manifest's lock, and must not use the manifest. */
export type Rebuild = () => Promise<FoundCheckpoints>;

/**
 * A manifest of what was found.
 *
 * @param known what could still be read of the damaged one; null where nothing could. What no folder tells (who has a shard,
 * which failed, where work went) is taken from it, but for the counts of failures: what became of them behind the damage is
 * lost, so that they begin anew.
 * @throws ManifestUpdateError for what no manifest can have.
 */
export async function rebuilt(
  known: ManifestModel | null,
  rebuild: Rebuild,
  at: string,
): Promise<ManifestModel> {
  const { worldSize, checkpoints } = await rebuild();
  // A name of its own: claims may be lost, so that no token of before may pass, and the old journal goes with it no more.
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
 * Copies damaged files, to names that are free, so that they can be looked at.
 *
 * @returns the first one's copy.
 */
export async function keepDamaged(paths: readonly string[]): Promise<string> {
  let number = 0;
  const aside = (path: string) => `${path}.corrupt${number > 0 ? `-${number}` : ''}`;
  while (paths.some((path) => existsSync(aside(path)))) number++;
  for (const path of paths) if (existsSync(path)) await copyFile(path, aside(path));
  return aside(paths[0]!);
}
