import { readdir } from 'node:fs/promises';
import { checkpointIndex } from '@holdfast/checkpoint';
import { systemErrorCode } from '@holdfast/durable';

/** The files in a shard's folder. */
export interface ShardFiles {
  /** Numbers of the `.pt`, ascending. */
  checkpoints: readonly number[];
  markers: ReadonlySet<number>;
  /** Files that were set aside. */
  aside: number;
  temporaries: number;
}

/** @throws errors of the file system; a missing folder has no files. */
export async function shardFiles(folder: string): Promise<ShardFiles> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  });
  const checkpoints: number[] = [];
  const markers = new Set<number>();
  let [temporaries, aside] = [0, 0];
  for (const name of names) {
    const number = checkpointIndex(name);
    const marked = name.endsWith('.done') ? checkpointIndex(name.slice(0, -'.done'.length)) : null;
    if (number !== null) checkpoints.push(number);
    else if (marked !== null) markers.add(marked);
    else if (name.endsWith('.tmp')) temporaries++;
    else if (name.includes('.corrupt')) aside++;
  }
  return { checkpoints: checkpoints.sort((a, b) => a - b), markers, temporaries, aside };
}
