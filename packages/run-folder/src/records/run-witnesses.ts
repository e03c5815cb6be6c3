import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointIndexes, readShard } from '@holdfast/checkpoint';
import type { Layout } from '../layout.js';
import { parseResult } from './result-record.js';
import { parseRunFacts, RUN_RECORD, type RunFacts } from './run-record.js';

/** What a file records about its run: the fingerprint, and the run record without inputs if it keeps that. */
export interface Witness {
  run: string;
  facts: RunFacts | null;
  /** The file or folder. */
  from: string;
}

/** The distinct statements of valid checkpoints and the result, most common first. One checkpoint speaks for its shard. */
export async function runWitnesses(place: Layout): Promise<Witness[]> {
  const found = new Map<string, Witness>();
  const votes = new Map<string, number>();
  const add = (from: string, run: unknown, text: unknown) => {
    if (typeof run !== 'string') return;
    const key = `${run} ${text}`;
    if (!found.has(key)) found.set(key, { run, facts: parseRunFacts(text), from });
    votes.set(run, (votes.get(run) ?? 0) + 1);
  };
  for (const folder of await shardFolders(place)) {
    for await (const entry of readShard(folder, { verify: 'length', onCorruption: 'salvage' })) {
      if ('fault' in entry) continue;
      const { metadata } = entry.checkpoint;
      add(folder, metadata.get('run'), metadata.get(RUN_RECORD));
      break;
    }
  }
  const result = await readFile(place.result, 'utf8')
    .then(parseResult)
    .catch(() => null);
  if (result !== null) add(place.result, result.run, undefined);
  return [...found.values()].sort(
    (a, b) => votes.get(b.run)! - votes.get(a.run)! || Number(b.facts !== null) - Number(a.facts !== null),
  );
}

/** Whether there is any checkpoint file, valid or not. */
export async function holdsCheckpoints(place: Layout): Promise<boolean> {
  for (const folder of await shardFolders(place))
    if ((await checkpointIndexes(folder)).length > 0) return true;
  return false;
}

/** The existing shard folders, whatever the run's plan. */
export async function shardFolders(place: Layout): Promise<string[]> {
  const entries = await readdir(place.checkpoints, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isDirectory() && /^shard_\d+$/.test(entry.name))
    .map(({ name }) => join(place.checkpoints, name));
}
