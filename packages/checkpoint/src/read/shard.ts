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
import { durableChecks, durableOptions } from '../durable-checks.js';
import { checkpointIndex, checkpointName, markerPath, temporaryIndex } from '../names.js';
import { type Checkpoint, InvalidCheckpointError, isVerify, openCheckpoint, type Verify } from './open.js';

const debug = debuglog('holdfast:checkpoint');

/**
 * What to do at an invalid checkpoint: stop there (`stop`, the seed's rule), or keep the valid ones after it
 * (`salvage`).
 */
export type OnCorruption = 'stop' | 'salvage';

export const isOnCorruption = oneOf(['stop', 'salvage']);

export interface ReadOptions {
  /** Default `'stop'`. */
  onCorruption?: OnCorruption;
  /** Default `'checksum'`. */
  verify?: Verify;
  /**
   * An additional check, such as whether these are the rows the shard needs next; returns the fault, or null.
   */
  accept?: (checkpoint: Checkpoint) => string | null | Promise<string | null>;
}

const readOptions = object<ReadOptions>({
  onCorruption: isOnCorruption,
  verify: isVerify,
  accept: callback,
});

/**
 * An entry of a shard's folder: a valid checkpoint with the range of its rows among all valid ones, or a
 * fault.
 */
export type ShardEntry =
  | { index: number; checkpoint: Checkpoint; rows: readonly [from: number, to: number] }
  | { index: number; fault: string; path: string };

/** The numbers of the checkpoint files in a shard's folder, ascending; empty without a folder. */
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
 * Iterates over a shard's checkpoints in order, one open at a time; each is closed when the next is
 * requested. IDs are in memory, rows are read on demand. Stops at the first invalid one, or with `salvage`
 * goes on after it. A gap in the numbering is one fault, at the first missing number.
 *
 * @throws RangeError and TypeError for invalid options (`code` is `invalid_option`), at the first request.
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
      debug('%s is invalid (%s): %s', path, error.reason, onCorruption);
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

/** How files are set aside. */
export interface SetAsideOptions extends DurableOptions {
  /**
   * What becomes of a killed writer's unfinished files: `remove` them (default), or `keep` them: a `.pt` without its marker is
   * then set aside too, and temporary files stay.
   */
  unfinished?: 'remove' | 'keep';
}

const setAsideOptions = object<SetAsideOptions>({ ...durableChecks, unfinished: oneOf(['remove', 'keep']) });

/**
 * Sets aside the checkpoints numbered `from` and above, to free their numbers: adds `.corrupt` to their names
 * (and a number if that name is taken). A killed writer's unfinished files, a `.pt` without its marker or a
 * temporary file, never were a checkpoint and are removed, unless `unfinished` is `keep`; nothing else is deleted. No writer may
 * be active there.
 *
 * @returns the new paths of the moved `.pt` files.
 */
export async function setAside(
  folder: string,
  from: number,
  options: SetAsideOptions = {},
): Promise<string[]> {
  checkOptions('setAside', folder, isPath, 'folder');
  checkOptions('setAside', from, isIndex, 'from');
  checkOptions('setAside', options, setAsideOptions);
  const { unfinished: then = 'remove', ...durable } = options;
  const moved: string[] = [];
  // Last to first: a crash midway leaves the faulty one in place, and the next resume finds it again.
  for (const index of (await checkpointIndexes(folder)).filter((index) => index >= from).reverse()) {
    const path = join(folder, checkpointName(index));
    const unfinished = !isThere(markerPath(path)) && lstatSync(path).isFile();
    const begun = unfinished ? await halfMoved(folder, path) : null;
    const removed = unfinished && begun === null && then === 'remove';
    if (begun !== null) await renameDurably(path, begun, durable);
    else if (removed) await (durable.fs ?? nodeFileSystem).remove(path);
    if (!removed) moved.unshift(begun ?? (await setAsideOne(path, durable)));
  }
  if (then === 'remove') await removeTemporariesIn(folder, durable);
  await setOrphansAside(folder, from, durable);
  return moved;
}

/**
 * The target of a move that a crash cut off between the marker and the file itself; null if there was none.
 */
async function halfMoved(folder: string, path: string): Promise<string | null> {
  for (const name of await readdir(folder)) {
    const aside = join(folder, name.slice(0, -'.done'.length));
    if (name.endsWith('.done') && aside.startsWith(`${path}.corrupt`) && !isThere(aside)) return aside;
  }
  return null;
}

/**
 * Removes the temporary files that killed writers left in a shard's folder. No writer may be active there.
 */
export async function removeTemporaries(folder: string, options: DurableOptions = {}): Promise<void> {
  checkOptions('removeTemporaries', folder, isPath, 'folder');
  checkOptions('removeTemporaries', options, durableOptions);
  const { fs = nodeFileSystem } = options;
  for (const name of await readdir(folder))
    if (temporaryIndex(name) !== null) await fs.remove(join(folder, name));
}

/**
 * Sets aside one checkpoint, like `setAside`, such as an invalid one among valid ones.
 *
 * @returns the new path of the `.pt`.
 */
export async function setAsideOne(path: string, options: DurableOptions = {}): Promise<string> {
  checkOptions('setAsideOne', path, isPath, 'path');
  checkOptions('setAsideOne', options, durableOptions);
  const aside = freeName(`${path}.corrupt`);
  // Marker first: a `.pt` without one does not count, but a marker alone would vouch for the next `.pt` of
  // that name.
  if (isThere(markerPath(path))) await renameDurably(markerPath(path), markerPath(aside), options);
  await renameDurably(path, aside, options);
  return aside;
}

/** Removes temporary files of any number: a kill may come when the final name already exists. */
async function removeTemporariesIn(folder: string, options: DurableOptions): Promise<void> {
  if (isThere(folder)) await removeTemporaries(folder, options);
}

/**
 * Moves markers without a `.pt` aside: each would vouch for the next file of that name before its own marker
 * exists.
 */
async function setOrphansAside(folder: string, from: number, options: DurableOptions): Promise<void> {
  if (!isThere(folder)) return;
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
