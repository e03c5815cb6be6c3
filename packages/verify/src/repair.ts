import { join, relative } from 'node:path';
import { checkpointIndexes, setAside } from '@holdfast/checkpoint';
import { isThere } from '@holdfast/durable';
import { type Layout, moreFiles, moveAside, shardFolders } from '@holdfast/run-folder';
import type { Findings } from './findings.js';
import { foreignWitness } from './foreign-witness.js';
import type { Looked } from './look.js';
import { repairManifest } from './repair-manifest.js';
import { remaining } from './shard-standing.js';

/** What `--repair` did, and what the next run will do. */
export interface RepairReport {
  /** Files and folders that were moved aside: within the run's folder, under their new names. */
  moved: string[];
  /** Whether the manifest was written again from the checkpoints. */
  manifest_rebuilt: boolean;
  /** The shards that the next run embeds sequences of, with how many. */
  shards: { shard: number; sequences: number }[];
  /** Whether it rebuilds `run.json`, which stays: the next run needs what is left of it. */
  record: boolean;
  /** Whether it makes the index again from the input. */
  index: boolean;
  /** Whether it joins the result. */
  join: boolean;
  /** Why something was left as it is. */
  left: string[];
}

/**
 * Moves aside what is damaged, as a run does: nothing is deleted. Each step leaves a folder that the next run mends to the same
 * bytes. The caller holds the folder's lock, and no worker is alive.
 */
export async function repair(place: Layout, looked: Looked, findings: Findings): Promise<RepairReport> {
  const report: RepairReport = {
    moved: [],
    manifest_rebuilt: false,
    shards: [],
    record: false,
    index: false,
    join: false,
    left: [],
  };
  const { run, recorded, standings } = looked;
  if (findings.count() === 0) return report;
  const newer = findings.faults.find(({ remedy }) => remedy === 'newer');
  if (newer !== undefined) {
    report.left.push(`nothing was moved: a newer version of holdfast wrote ${newer.file}`);
    return report;
  }
  if (run === null) {
    report.left.push('nothing was moved: nothing proves which run the folder holds');
    return report;
  }
  if ((await foreignWitness(place, run.record.fingerprint)) !== null) {
    report.left.push('nothing was moved: run.json belongs to another run than the checkpoints');
    return report;
  }
  report.record = !recorded;
  const moving = async (path: string) => {
    if (isThere(path)) report.moved.push(named(place, await moveAside(path)));
  };
  const files = new Set(findings.faults.map(({ file }) => join(place.out, file)));
  const broken = standings.filter(({ wrong }) => wrong !== null);
  const surplus = await surplusFolders(place, looked);
  const checkpoints = broken.length + surplus.length > 0;
  const resultWrong = (['result', 'rows', 'outputs', 'ids', 'quarantine', 'sequences'] as const).some(
    (check) => findings.count(check) > 0,
  );
  const needed = checkpoints || findings.count('index') > 0;
  // First: a run believes a result.json that fits its files, and would neither embed nor index anything again.
  if (resultWrong || (needed && looked.result !== null)) {
    await moving(place.result);
    report.join = true;
  }
  if (resultWrong)
    for (const path of [place.ids, place.quarantine, place.sequences, ...embeddingsOf(place, looked)])
      if (files.has(path)) await moving(path);
  for (const path of [place.precision, place.restart, place.work, place.jobs])
    if (files.has(path)) await moving(path);
  for (const { shard, wrong } of broken)
    for (const path of await setAside(place.shard(shard), wrong!, { unfinished: 'keep' }))
      report.moved.push(named(place, path));
  for (const folder of surplus)
    for (const path of await setAside(folder, 0, { unfinished: 'keep' }))
      report.moved.push(named(place, path));
  if (findings.count('manifest') > 0 || checkpoints) {
    report.manifest_rebuilt = await repairManifest(place, looked);
  }
  // Last, and only with a whole record: what rebuilds run.json needs the index.
  if (findings.count('index') > 0) {
    report.index = true;
    if (recorded) await moving(place.index);
  }
  for (const standing of broken)
    report.shards.push({ shard: standing.shard, sequences: remaining(standing) });
  return report;
}

const embeddingsOf = (place: Layout, { result }: Looked): string[] =>
  result === null
    ? []
    : [place.embeddings(result.format), ...moreFiles(result.record.outputs, result.format).map(place.output)];

/** Folders of shards that the plan does not have, with checkpoints in them. */
async function surplusFolders(place: Layout, { run }: Looked): Promise<string[]> {
  if (run === null || run.index === null) return [];
  const due = new Set(run.shards.map(({ shard }) => place.shard(shard)));
  const surplus: string[] = [];
  for (const folder of await shardFolders(place))
    if (!due.has(folder) && (await checkpointIndexes(folder)).length > 0) surplus.push(folder);
  return surplus;
}

const named = (place: Layout, path: string) => relative(place.out, path).replaceAll('\\', '/');
