import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOptions, flag, object } from '@holdfast/options';
import { isPath } from '../argument-checks.js';
import { checkpointName, markerPath } from '../names.js';
import { Rows } from '../rows.js';
import type { Matrix } from '../write/parts.js';
import { type Checkpoint, openCheckpoint } from './open.js';
import { checkpointIndexes, isOnCorruption, type OnCorruption, readShard } from './shard.js';

export interface ResumeOptions {
  /** Whether to ignore everything on disk. Default false. */
  forceRestart?: boolean;
  /** Default `'stop'`. */
  onCorruption?: OnCorruption;
}

const resumeOptions = object<ResumeOptions>({ forceRestart: flag, onCorruption: isOnCorruption });

/**
 * The seed's resume of one shard: all rows in memory, up to the first invalid checkpoint, or with `salvage`
 * those of all valid ones.
 *
 * @returns the IDs in order; their rows `[n, dim]`, or null if there are none; the number of the next
 * checkpoint (with `salvage`, after all existing files); and the IDs that can still be read in the rejected
 * checkpoints. Those are *not* done: they must be embedded again.
 */
export async function resumeFromCheckpoints(
  folder: string,
  options: ResumeOptions = {},
): Promise<
  [sequenceIds: string[], embeddings: Matrix | null, resumeBatchIdx: number, corruptedSequenceIds: string[]]
> {
  checkOptions('resumeFromCheckpoints', folder, isPath, 'folder');
  checkOptions('resumeFromCheckpoints', options, resumeOptions);
  const { forceRestart = false, onCorruption = 'stop' } = options;
  if (forceRestart) return [[], null, 0, []];
  const indexes = await checkpointIndexes(folder);
  const ids: string[] = [];
  const corrupted: string[] = [];
  const rows = new Rows(await bytesOf(folder, indexes));
  let next = 0;
  const accept = (checkpoint: Checkpoint) => rows.fault(checkpoint);
  // Checksums are computed while the rows are read, so each file is read once.
  for await (const entry of readShard(folder, { verify: 'length', accept, onCorruption })) {
    const bad = 'fault' in entry || (await rows.append(entry.checkpoint)) !== null;
    if (!bad) {
      for (const id of entry.checkpoint.sequenceIds) ids.push(id);
      next = entry.index + 1;
      continue;
    }
    const lost = onCorruption === 'stop' ? indexes.filter((index) => index >= entry.index) : [entry.index];
    for (const index of lost) for (const id of await idsOf(folder, index)) corrupted.push(id);
    if (onCorruption === 'stop') break;
  }
  if (onCorruption === 'salvage') next = (indexes.at(-1) ?? -1) + 1;
  return [ids, rows.matrix(), next, corrupted];
}

/** Total bytes of the files that have a marker. */
async function bytesOf(folder: string, indexes: readonly number[]): Promise<number> {
  let bytes = 0;
  for (const index of indexes) {
    const path = join(folder, checkpointName(index));
    if (existsSync(markerPath(path))) bytes += (await stat(path).catch(() => null))?.size ?? 0;
  }
  return bytes;
}

/** The IDs in a checkpoint, with or without a marker; empty if they cannot be read. */
async function idsOf(folder: string, index: number): Promise<readonly string[]> {
  try {
    await using checkpoint = await openCheckpoint(join(folder, checkpointName(index)), 'unmarked');
    return checkpoint.sequenceIds;
  } catch {
    return [];
  }
}
