import { join } from 'node:path';
import { checkpointName, markerPath } from '@holdfast/checkpoint';
import { isSurelyThere, isThere, systemErrorCode } from '@holdfast/durable';
import {
  CheckpointManifest,
  ManifestCorruptError,
  type ManifestState,
  ManifestVersionError,
  type ShardState,
} from '@holdfast/manifest';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { ShardStanding } from '../shard-standing.js';
import { counted, thousands } from '../thousands.js';

/** A look at the manifest takes no lock, and creates no lock file. */
const noLock = async () => ({ release: async () => undefined });

/** What the manifest must agree with. */
export interface ManifestDue {
  standings: readonly ShardStanding[];
  /** Whether the run has a result, and nothing adds to it. */
  complete: boolean;
  /** Whether a run is at work: the manifest may then be newer than what was seen of the checkpoints. */
  live: boolean;
  /** Shards of the plan; null if it is not known. */
  shards: number | null;
}

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
  for (const standing of standings) {
    const shard = state.shards[standing.shard];
    if (shard === undefined) continue;
    const first = compare(context, standing, { shard, state, due }, findings);
    if (first !== null) lost.set(standing.shard, first);
  }
  const states = Object.values(state.shards);
  const finished = states.filter(({ status }) => status === 'complete').length;
  const failed = states.filter(({ status }) => status === 'failed').length;
  const rows = states.reduce((sum, { total_sequences }) => sum + total_sequences, 0);
  findings.sum(
    'manifest',
    `manifest.json: agrees with the checkpoints, ${finished} of ${counted(states.length, 'shard')} complete, ${thousands(rows)} rows`,
  );
  if (failed > 0)
    findings.notes.push(`${counted(failed, 'shard')} failed in an earlier run, and will be tried again`);
  return lost;
}

/** Compares what the manifest lists of a shard with what is there. @returns the first checkpoint that is missing, or null. */
function compare(
  { place, quick }: Context,
  standing: ShardStanding,
  { shard: listing, state, due }: { shard: ShardState; state: ManifestState; due: ManifestDue },
  findings: Findings,
): number | null {
  const { checkpoints, status, lease, revision, last_checkpoint_batch: last } = listing;
  const { complete, live } = due;
  const { shard, found, wrong, plan } = standing;
  let first: number | null = null;
  const folder = place.shard(shard);
  const path = (number: number) => join(folder, checkpointName(number));
  const fault = (problem: string) =>
    findings.fault({
      check: 'manifest',
      path: place.manifest,
      place: `shard ${shard}`,
      problem,
      remedy: 'repair',
    });
  const lost = (number: number, problem: string) => {
    first = Math.min(first ?? number, number);
    findings.fault({ check: 'checkpoints', path: path(number), problem, remedy: 'repair' });
  };
  const known = new Map(found.map((each) => [each.number, each]));
  /** Numbers from here on have a fault already, and what the manifest says of them adds nothing. */
  const sound = (number: number) => wrong === null || number < wrong;
  for (const { batch_idx: number, num_sequences, file } of checkpoints) {
    if (file !== checkpointName(number)) fault(`checkpoint ${number} is listed as ${file}`);
    const there = known.get(number);
    if (there !== undefined) {
      if (!live && there.rows !== null && there.rows !== num_sequences)
        fault(`checkpoint ${number} is listed with ${counted(num_sequences, 'row')}, but has ${there.rows}`);
    } else if (sound(number) && !isThere(markerPath(path(number)))) {
      if (isThere(path(number)))
        lost(number, 'missing .done marker, though the manifest lists the checkpoint');
      else if (complete || !isSurelyThere(`${path(number)}.corrupt`))
        lost(number, 'file is missing, though the manifest lists it');
      else
        findings.notes.push(
          `${checkpointName(number)} of shard ${shard} was set aside; the next run computes it again`,
        );
    }
  }
  const listed = new Set(checkpoints.map(({ batch_idx }) => batch_idx));
  for (const { number, retried } of found) {
    if (listed.has(number) || !sound(number) || !isThere(path(number))) continue;
    // A worker records a checkpoint right after its marker, in order: a kill leaves some at the end that are not recorded.
    const pending = number > last && (retried || (status !== 'complete' && !complete));
    // Before a worker writes, it claims the shard; old manifests had no claims.
    const claimed = lease !== null || revision > 0 || state.manifest_id === '';
    if (!pending)
      fault(`it does not list checkpoint ${number}, which is there: it is older than the checkpoints`);
    else if (!claimed)
      fault(
        `no worker has claimed the shard, yet it has checkpoint ${number}: it is older than the checkpoints`,
      );
    else
      findings.notes.push(
        `${checkpointName(number)} of shard ${shard} is not recorded yet; the next run records it`,
      );
  }
  if (complete && status !== 'complete') fault(`it says ${status}, but the run has a result`);
  if (
    status === 'complete' &&
    !live &&
    !quick &&
    plan !== null &&
    !standing.done &&
    wrong === null &&
    first === null
  )
    lost(found.length, 'file is missing: the manifest says that the shard is complete');
  return first;
}
