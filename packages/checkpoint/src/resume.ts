import { join } from 'node:path';
import { checkpointName } from './names.js';
import { openCheckpoint } from './open.js';
import { checkpointIndexes, readShard } from './shard.js';
import type { Matrix } from './write.js';

export interface ResumeOptions {
  /** Take nothing from disk. Default false. */
  forceRestart?: boolean;
}

/**
 * The seed's resume of one shard: all rows at once, up to the first checkpoint that is not valid.
 *
 * @returns IDs in order; their rows `[n, dim]` or null when there are none; the index of the next checkpoint; and the IDs
 * that can still be read in the checkpoints from the faulty one on. Those are *not* done: they are embedded again.
 */
export async function resumeFromCheckpoints(
  folder: string,
  { forceRestart = false }: ResumeOptions = {},
): Promise<
  [sequenceIds: string[], embeddings: Matrix | null, resumeBatchIdx: number, corruptedSequenceIds: string[]]
> {
  if (forceRestart) return [[], null, 0, []];
  const ids: string[] = [];
  const parts: Float32Array[] = [];
  let dim = -1;
  let next = 0;
  let corrupted: string[] = [];
  const accept = ({ shape }: { shape: readonly [number, number] }) =>
    dim >= 0 && shape[1] !== dim
      ? `shape mismatch: ${shape[1]} columns, but ${dim} in the checkpoints before it`
      : null;
  for await (const entry of readShard(folder, { accept })) {
    if ('fault' in entry) {
      corrupted = await idsFrom(folder, entry.index);
      break;
    }
    dim = entry.checkpoint.shape[1];
    for (const id of entry.checkpoint.sequenceIds) ids.push(id);
    parts.push(await entry.checkpoint.readRows());
    next = entry.index + 1;
  }
  if (dim < 0) return [[], null, 0, corrupted];
  const data = new Float32Array(ids.length * dim);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return [ids, { data, shape: [ids.length, dim] }, next, corrupted];
}

/** The IDs in the checkpoints from `from` on, as far as they can be read at all, marker or not. */
async function idsFrom(folder: string, from: number): Promise<string[]> {
  const ids: string[] = [];
  for (const index of (await checkpointIndexes(folder)).filter((index) => index >= from)) {
    // Unreadable: its IDs are known from the plan only.
    ids.push(...(await idsOf(join(folder, checkpointName(index))).catch(() => [])));
  }
  return ids;
}

async function idsOf(path: string): Promise<readonly string[]> {
  await using checkpoint = await openCheckpoint(path, 'unmarked');
  return checkpoint.sequenceIds;
}
