import { systemErrorCode } from '@holdfast/durable';
import {
  CheckpointManifest,
  ManifestCorruptError,
  type ManifestState,
  ManifestVersionError,
} from '@holdfast/manifest';
import { counted, grouped } from '@holdfast/options';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import { compareListing, type ManifestDue } from './listing.js';
import { loggedCheckpoints } from './logged-checkpoints.js';

/** A look at the manifest takes no lock, and creates no lock file. */
const noLock = async () => ({ release: async () => undefined });

/**
 * Checks the manifest: its snapshot, its journal, and both against the checkpoints.
 *
 * @returns the first checkpoint that is missing, by shard, where the manifest shows one.
 */
export async function checkManifest(
  context: Context,
  due: ManifestDue,
  findings: Findings,
): Promise<ReadonlyMap<number, number>> {
  const { standings, complete, shards } = due;
  const lost = new Map<number, number>();
  const { place } = context;
  const fault = (problem: string, path = place.manifest) =>
    findings.fault({ check: 'manifest', path, problem, remedy: 'repair' });
  let state: ManifestState;
  try {
    state = await new CheckpointManifest(place.manifest, { acquireLock: noLock }).load();
  } catch (error) {
    if (error instanceof ManifestVersionError) {
      const problem = error.message.replace(`${error.path} `, '');
      findings.fault({ check: 'manifest', path: error.path, problem, remedy: 'newer' });
    } else if (error instanceof ManifestCorruptError) {
      const journal = error.reason.startsWith('its journal');
      fault(
        journal ? error.reason.slice(4) : error.reason,
        journal ? `${place.manifest}.journal` : place.manifest,
      );
    } else if (systemErrorCode(error) !== 'ENOENT') throw error;
    else if (complete || standings.some(({ found }) => found.length > 0)) fault('is missing');
    else {
      findings.sum('manifest', 'no manifest yet', 'absent');
      return lost;
    }
    findings.sum('manifest', 'manifest.json: cannot be compared with the checkpoints');
    return lost;
  }
  if (shards !== null && state.world_size !== shards)
    fault(`it has ${counted(state.world_size, 'shard')}, but the plan has ${shards}`);
  // Beside a run the logs go on while the manifest was read.
  const logged = due.live ? new Map<string, number>() : await loggedCheckpoints(place);
  for (const standing of standings) {
    const shard = state.shards[standing.shard];
    if (shard === undefined) continue;
    const first = compareListing(context, standing, { shard, state, due, logged }, findings);
    if (first !== null) lost.set(standing.shard, first);
  }
  const states = Object.values(state.shards);
  const finished = states.filter(({ status }) => status === 'complete').length;
  const failed = states.filter(({ status }) => status === 'failed').length;
  const rows = states.reduce((sum, { total_sequences }) => sum + total_sequences, 0);
  findings.sum(
    'manifest',
    `manifest.json: agrees with the checkpoints, ${finished} of ${counted(states.length, 'shard')} complete, ${grouped(rows)} rows`,
  );
  if (failed > 0)
    findings.notes.push(`${counted(failed, 'shard')} failed in an earlier run, and will be tried again`);
  return lost;
}
