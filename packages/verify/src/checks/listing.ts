import { statSync } from 'node:fs';
import { join } from 'node:path';
import { checkpointName, markerPath } from '@holdfast/checkpoint';
import { isSurelyThere, isThere } from '@holdfast/durable';
import type { ManifestState, ShardState } from '@holdfast/manifest';
import { counted } from '@holdfast/options';
import type { Context } from '../context.js';
import type { Findings } from '../findings.js';
import type { ShardStanding } from '../shard-standing.js';

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

/** Compares what the manifest lists of a shard with what is there. @returns the first checkpoint that is missing, or null. */
export function compareListing(
  { place, quick }: Context,
  standing: ShardStanding,
  {
    shard: listing,
    state,
    due,
    logged,
  }: { shard: ShardState; state: ManifestState; due: ManifestDue; logged: ReadonlyMap<string, number> },
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
    const pending = number > last && !complete && (retried || quick || status !== 'complete');
    // Before a worker writes, it claims the shard; old manifests had no claims.
    const claimed = lease !== null || revision > 0 || state.manifest_id === '';
    if (!pending)
      fault(`it does not list checkpoint ${number}, which is there: it is older than the checkpoints`);
    else if (!claimed)
      fault(
        `no worker has claimed the shard, yet it has checkpoint ${number}: it is older than the checkpoints`,
      );
    else if ((logged.get(`${shard}/${number}`) ?? 0) >= statSync(markerPath(path(number))).mtimeMs)
      fault(`it does not list checkpoint ${number}, which the logs say was recorded: it is an older one`);
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
