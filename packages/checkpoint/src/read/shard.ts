import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { debuglog } from 'node:util';
import {
  type DurableOptions,
  isThere,
  nodeFileSystem,
  renameDurably,
  syncDirectory,
} from '@holdfast/durable';
import { callback, checkOptions, object, oneOf } from '@holdfast/options';
import { isIndex, isPath } from '../argument-checks.js';
import { durableOptions } from '../durable-checks.js';
import { checkpointIndex, checkpointName, markerPath, temporaryIndex } from '../names.js';
import { type Checkpoint, InvalidCheckpointError, isVerify, openCheckpoint, type Verify } from './open.js';

const debug = debuglog('holdfast:checkpoint');

/**
 * What follows a checkpoint that is not valid: nothing (`stop`, the seed's rule), or the valid ones after it (`salvage`).
 */
export type OnCorruption = 'stop' | 'salvage';

export const isOnCorruption = oneOf(['stop', 'salvage']);

export interface ReadOptions {
  /** Default `'stop'`. */
  onCorruption?: OnCorruption;
  /** Default `'checksum'`. */
  verify?: Verify;
  /** A further condition, such as "these are the rows this shard needs next"; returns what is wrong, or null. */
  accept?: (checkpoint: Checkpoint) => string | null | Promise<string | null>;
}

const readOptions = object<ReadOptions>({
  onCorruption: isOnCorruption,
  verify: isVerify,
  accept: callback,
});

/** One thing in a shard's folder: a valid checkpoint with its place among the rows of all valid ones, or a fault. */
export type ShardEntry =
  | { index: number; checkpoint: Checkpoint; rows: readonly [from: number, to: number] }
  | { index: number; fault: string; path: string };

/** The indexes for which a shard's folder holds a checkpoint file, ascending; no folder, none. */
export async function checkpointIndexes(folder: string): Promise<number[]> {
  checkOptions('checkpointIndexes', folder, isPath, 'folder');
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const indexes = names.map(checkpointIndex).filter((index) => index !== null);
  return indexes.sort((a, b) => a - b);
}

/**
 * Walks through a shard's checkpoints in order, one open at a time (each is closed when the next is asked for): IDs are
 * in memory, rows are read when asked. Stops at the first that is not valid, or with `salvage` goes on behind it. A gap in
 * the numbering is one fault, at the first missing index.
 *
 * @throws RangeError and TypeError for options that are none (`code` is `invalid_option`), when the first is asked for.
 */
export async function* readShard(
  folder: string,
  options: ReadOptions = {},
): AsyncGenerator<ShardEntry, void, undefined> {
  checkOptions('readShard', folder, isPath, 'folder');
  checkOptions('readShard', options, readOptions);
  const { verify = 'checksum', onCorruption = 'stop' } = options;
  let row = 0;
  let expected = 0;
  for (const index of await checkpointIndexes(folder)) {
    if (index > expected) {
      const path = join(folder, checkpointName(expected));
      const count = index - expected;
      yield { index: expected, path, fault: count === 1 ? 'file is missing' : `${count} files are missing` };
      if (onCorruption === 'stop') return;
    }
    expected = index + 1;
    const path = join(folder, checkpointName(index));
    let checkpoint: Checkpoint;
    try {
      checkpoint = await openCheckpoint(path, verify);
    } catch (error) {
      if (!(error instanceof InvalidCheckpointError)) throw error;
      debug('%s is not valid (%s): %s', path, error.reason, onCorruption);
      yield { index, path, fault: error.reason };
      if (onCorruption === 'stop') return;
      continue;
    }
    try {
      const fault = (await options.accept?.(checkpoint)) ?? null;
      if (fault !== null) {
        yield { index, path, fault };
        if (onCorruption === 'stop') return;
        continue;
      }
      const from = row;
      row += checkpoint.shape[0];
      yield { index, checkpoint, rows: [from, row] };
    } finally {
      await checkpoint[Symbol.asyncDispose]();
    }
  }
}

/**
 * Moves the checkpoints numbered `from` and above out of the way, so that those numbers can be written anew: `.corrupt`
 * is added to their names (with a number where that is taken). What a killed writer left unfinished, a `.pt` without its
 * marker or a temporary file, never was a checkpoint and is removed; nothing else is deleted. No writer may be at work there.
 *
 * @returns the new paths of the `.pt` files that were moved.
 */
export async function setAside(
  folder: string,
  from: number,
  options: DurableOptions = {},
): Promise<string[]> {
  checkOptions('setAside', folder, isPath, 'folder');
  checkOptions('setAside', from, isIndex, 'from');
  checkOptions('setAside', options, durableOptions);
  const moved: string[] = [];
  // From the last to the first: a crash half way leaves the faulty one in place, and the next resume goes on from there.
  for (const index of (await checkpointIndexes(folder)).filter((index) => index >= from).reverse()) {
    const path = join(folder, checkpointName(index));
    const unfinished = !isThere(markerPath(path)) && lstatSync(path).isFile();
    const begun = unfinished ? await halfMoved(folder, path) : null;
    if (begun !== null) await renameDurably(path, begun, options);
    else if (unfinished) await (options.fs ?? nodeFileSystem).remove(path);
    if (begun !== null || !unfinished) moved.unshift(begun ?? (await setAsideOne(path, options)));
  }
  await removeOrphans(folder, from, options);
  return moved;
}

/** Where a checkpoint was being moved when a crash came between its marker and the file itself; null where it was not. */
async function halfMoved(folder: string, path: string): Promise<string | null> {
  for (const name of await readdir(folder)) {
    const aside = join(folder, name.slice(0, -'.done'.length));
    if (name.endsWith('.done') && aside.startsWith(`${path}.corrupt`) && !isThere(aside)) return aside;
  }
  return null;
}

/** Removes what killed writers had begun in a shard's folder. No writer may be at work there. */
export async function removeTemporaries(folder: string, options: DurableOptions = {}): Promise<void> {
  checkOptions('removeTemporaries', folder, isPath, 'folder');
  checkOptions('removeTemporaries', options, durableOptions);
  const { fs = nodeFileSystem } = options;
  for (const name of await readdir(folder))
    if (temporaryIndex(name) !== null) await fs.remove(join(folder, name));
}

/**
 * Moves one checkpoint out of the way, as `setAside` does, such as a faulty one among valid ones.
 *
 * @returns the new path of the `.pt`.
 */
export async function setAsideOne(path: string, options: DurableOptions = {}): Promise<string> {
  checkOptions('setAsideOne', path, isPath, 'path');
  checkOptions('setAsideOne', options, durableOptions);
  const aside = freeName(`${path}.corrupt`);
  // The marker first: without it the `.pt` counts for nothing, while a marker alone would vouch for the next of that name.
  if (isThere(markerPath(path))) await renameDurably(markerPath(path), markerPath(aside), options);
  await renameDurably(path, aside, options);
  return aside;
}

/**
 * A marker whose `.pt` is gone would vouch for the next file of that name until its own marker is there: it is moved away.
 * What a writer that was killed had begun is removed, of whatever number: a kill may come when the file has its name already.
 */
async function removeOrphans(folder: string, from: number, options: DurableOptions): Promise<void> {
  if (!isThere(folder)) return;
  await removeTemporaries(folder, options);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const index = name.endsWith('.done') ? checkpointIndex(name.slice(0, -'.done'.length)) : null;
    if (index === null || index < from) continue;
    await renameDurably(path, freeName(`${path}.corrupt`), options);
  }
  await syncDirectory(folder, options);
}

function freeName(path: string): string {
  for (let n = 0; ; n++) {
    const name = n === 0 ? path : `${path}.${n}`;
    if (!isThere(name) && !isThere(markerPath(name))) return name;
  }
}
