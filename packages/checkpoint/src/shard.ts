import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type DurableOptions, renameDurably, syncDirectory } from '@holdfast/durable';
import { checkpointIndex, checkpointName, markerPath } from './names.js';
import { type Checkpoint, InvalidCheckpointError, openCheckpoint, type Verify } from './open.js';

export interface ReadOptions {
  /** Default `'digest'`. */
  verify?: Verify;
  /** A further condition, such as "these are the rows this shard needs next"; returns what is wrong, or null. */
  accept?: (checkpoint: Checkpoint) => string | null | Promise<string | null>;
}

/** What stands in a shard's folder, one after another: valid checkpoints from 0 on, then at most one fault. */
export type ShardEntry =
  | { index: number; checkpoint: Checkpoint }
  | { index: number; fault: string; path: string };

/** The indexes for which a shard's folder holds a checkpoint file, ascending; no folder, none. */
export async function checkpointIndexes(folder: string): Promise<number[]> {
  if (!existsSync(folder)) return [];
  const indexes = (await readdir(folder)).map(checkpointIndex).filter((index) => index !== null);
  return indexes.sort((a, b) => a - b);
}

/**
 * Walks through a shard's checkpoints in order, one open at a time (each is closed when the next is asked for), and
 * stops at the first that is not valid. A gap in the numbering is a fault at the missing index.
 */
export async function* readShard(
  folder: string,
  { verify = 'digest', accept }: ReadOptions = {},
): AsyncGenerator<ShardEntry, void, undefined> {
  const last = (await checkpointIndexes(folder)).at(-1) ?? -1;
  for (let index = 0; index <= last; index++) {
    const path = join(folder, checkpointName(index));
    let checkpoint: Checkpoint;
    try {
      checkpoint = await openCheckpoint(path, verify);
    } catch (error) {
      if (!(error instanceof InvalidCheckpointError)) throw error;
      yield { index, path, fault: error.reason };
      return;
    }
    try {
      const fault = (await accept?.(checkpoint)) ?? null;
      if (fault !== null) {
        yield { index, path, fault };
        return;
      }
      yield { index, checkpoint };
    } finally {
      await checkpoint[Symbol.asyncDispose]();
    }
  }
}

/**
 * Moves the checkpoints numbered `from` and above out of the way, so that those numbers can be written anew: `.corrupt`
 * is added to their names (with a number where that is taken). Nothing is deleted.
 *
 * @returns the new paths of the `.pt` files.
 */
export async function setAside(
  folder: string,
  from: number,
  options: DurableOptions = {},
): Promise<string[]> {
  const moved: string[] = [];
  // From the last to the first: a crash half way leaves the faulty one in place, and the next resume goes on from there.
  for (const index of (await checkpointIndexes(folder)).filter((index) => index >= from).reverse()) {
    const path = join(folder, checkpointName(index));
    const aside = freeName(`${path}.corrupt`);
    if (existsSync(markerPath(path))) await renameDurably(markerPath(path), markerPath(aside), options);
    await renameDurably(path, aside, options);
    moved.unshift(aside);
  }
  await removeOrphans(folder, from, options);
  return moved;
}

/** A marker whose `.pt` is gone would vouch for the next file of that name until its own marker is there. */
async function removeOrphans(folder: string, from: number, options: DurableOptions): Promise<void> {
  if (!existsSync(folder)) return;
  for (const name of await readdir(folder)) {
    const index = name.endsWith('.done') ? checkpointIndex(name.slice(0, -'.done'.length)) : null;
    if (index === null || index < from) continue;
    const path = join(folder, name);
    await renameDurably(path, freeName(`${path}.corrupt`), options);
  }
  await syncDirectory(folder, options);
}

function freeName(path: string): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? path : `${path}.${n}`;
    if (!existsSync(name)) return name;
  }
}
