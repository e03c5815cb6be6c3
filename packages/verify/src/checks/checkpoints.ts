import { basename, join } from 'node:path';
import { checkpointName } from '@holdfast/checkpoint';
import { isThere } from '@holdfast/durable';
import { counted, grouped } from '@holdfast/options';
import { shardFolders } from '@holdfast/run-folder';
import type { Context, KnownRun } from '../context.js';
import type { Findings } from '../findings.js';
import { lookAgain, type Writer } from '../look-again.js';
import { remaining, type ShardStanding } from '../shard-standing.js';
import { checkShard, type ShardDue } from './shard.js';
import { shardFiles } from './shard-files.js';

/** Checks the checkpoints of all shards. @returns where each shard stands, by number. */
export async function checkCheckpoints(
  context: Context,
  run: KnownRun,
  findings: Findings,
  writer: Writer,
): Promise<ShardStanding[]> {
  const { place, signal, onProgress } = context;
  const dues = await shardsDue(context, run, findings);
  let [done, total] = [0, 0];
  for (const { shard } of dues) total += (await shardFiles(place.shard(shard))).markers.size;
  const standings: ShardStanding[] = [];
  for (const due of dues) {
    const standing = await lookAgain(findings, { writer, signal }, (found) =>
      checkShard(context, due, found, () => {
        done = Math.min(total, done + 1);
        onProgress({ what: 'checkpoints', done, total });
      }),
    );
    standings.push(standing);
  }
  if (run.result !== null && !writer.seen && !isThere(place.retry)) demandAll(context, standings, findings);
  sumUp(context, run, standings, findings);
  return standings;
}

/** The shards of the plan; without one, those that have a folder. */
async function shardsDue(
  { place }: Context,
  { record, index, shards, dim }: KnownRun,
  findings: Findings,
): Promise<ShardDue[]> {
  const run = record.fingerprint;
  const folders = (await shardFolders(place)).map((path) => Number(basename(path).slice('shard_'.length)));
  if (index === null || dim === null)
    return folders.sort((a, b) => a - b).map((shard) => ({ shard, run, plan: null }));
  for (const shard of folders)
    if (shard >= shards.length && (await shardFiles(place.shard(shard))).checkpoints.length > 0)
      findings.fault({
        check: 'checkpoints',
        path: place.shard(shard),
        problem: `the plan has only ${shards.length} shards`,
        remedy: 'repair',
      });
  return shards.map((shard) => ({
    shard: shard.shard,
    run,
    plan: { shard, index, dim, outputs: record.outputs },
  }));
}

/** A run with a result has a checkpoint for every batch. */
function demandAll({ place, quick }: Context, standings: readonly ShardStanding[], findings: Findings): void {
  for (const standing of standings) {
    if (quick || standing.plan === null || standing.done || standing.wrong !== null) continue;
    standing.wrong = standing.found.length;
    findings.fault({
      check: 'checkpoints',
      path: join(place.shard(standing.shard), checkpointName(standing.wrong)),
      problem: `file is missing: nothing holds the last ${grouped(remaining(standing))} sequences of the shard`,
      remedy: 'repair',
    });
  }
}

function sumUp(
  { quick }: Context,
  { index, dim }: KnownRun,
  standings: readonly ShardStanding[],
  findings: Findings,
): void {
  const found = standings.flatMap((each) => each.found);
  const unfinished = standings.reduce((sum, each) => sum + each.unfinished.length, 0);
  const temporaries = standings.reduce((sum, each) => sum + each.temporaries, 0);
  if (unfinished > 0)
    findings.notes.push(
      `${counted(unfinished, 'checkpoint')} without a marker: being written, or left by a kill; the run does not count them`,
    );
  if (temporaries > 0)
    findings.notes.push(`${counted(temporaries, 'temporary file')} of writers at work or killed`);
  const count = counted(found.length, 'checkpoint');
  const rows = `${grouped(found.reduce((sum, each) => sum + (each.rows ?? 0), 0))} rows`;
  if (found.length === 0) findings.sum('checkpoints', 'no checkpoint yet', 'absent');
  else if (quick) findings.sum('checkpoints', `${count}: of the length that their markers say`);
  else if (index !== null && dim !== null)
    findings.sum('checkpoints', `${count}: whole, ${rows} in the plan's order under their IDs`);
  else {
    findings.sum('checkpoints', `${count}: whole, ${rows}`);
    findings.unseen.push('whether the checkpoints are in the order of the plan: the index cannot be used');
  }
}
