import { isThere } from '@holdfast/durable';
import { openIndex, type Shard } from '@holdfast/plan';
import { type Layout, layout, type ResultRecord, rebuildFrom, type SavedState } from '@holdfast/run-folder';
import { readManifest } from '@holdfast/status';
import type { Prepared, PrepareOptions } from '../run/asked-run.js';
import { planRun } from '../run/begin-run.js';
import { resumeRun } from '../run/find-run.js';
import { lookForRun } from '../run/prepare.js';

/** A run as a command would find or plan it, and the folder that its index is in. */
export type PlannedApart = Prepared & { indexFolder: string };

/**
 * The run that a command would begin or resume, or its result. Nothing is written to the run's own folder, and its lock is not
 * taken; a new index is written to the scratch folder.
 */
export async function planApart(
  place: Layout,
  options: PrepareOptions,
  scratch: string,
): Promise<PlannedApart | ResultRecord> {
  const apart = layout(scratch);
  const { cutOff, found } = options.forceRestart
    ? { cutOff: null, found: null }
    : await lookForRun(place, options);
  if (found === null || cutOff === 'same') {
    const { record } = await planRun(apart, options);
    return { record, index: await openIndex(apart.newIndex), resumed: false, indexFolder: apart.newIndex };
  }
  const prepared = await resumeRun(place, found.record, options, apart);
  if (!('index' in prepared)) return prepared;
  return { ...prepared, indexFolder: isThere(apart.index) ? apart.index : place.index };
}

/** What is saved of each shard; read beside whoever works there. */
export async function savedIn(place: Layout, shards: readonly Shard[]): Promise<SavedState> {
  const look = await readManifest(place.manifest);
  if (look.is === 'read' && look.shards.length === shards.length)
    return { shards: look.shards.map(({ status, rows }) => ({ status, total_sequences: rows })) };
  // The run rebuilds its manifest from the checkpoints too.
  const { checkpoints } = await rebuildFrom(place, shards.length)();
  return {
    shards: shards.map(({ shard }) => ({
      status: 'in_progress',
      total_sequences: (checkpoints.get(shard) ?? []).reduce((sum, each) => sum + each.numSequences, 0),
    })),
  };
}

/** What is saved of a run that has not begun. */
export const nothingSaved = (shards: readonly Shard[]): SavedState => ({
  shards: shards.map(() => ({ status: 'in_progress', total_sequences: 0 })),
});
