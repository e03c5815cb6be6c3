import { lstatSync, realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { debuglog } from 'node:util';
import { isThere, removeDurably, writeFileDurably } from '@holdfast/durable';
import type { Layout } from './layout.js';
import { holdsRunRecord } from './records/run-record.js';
import { runWitnesses } from './records/run-witnesses.js';
import { resultPaths } from './result-paths.js';
import { RunFolderError } from './run-folder-error.js';

const debug = debuglog('holdfast:run-folder');

const NOTE =
  'Holdfast keeps a run in this folder. Files with the names of a run belong to it, and it may remove them.\n';

/**
 * Marks the run's names in the folder as its own. Refuses if files with these names exist in a folder that no run owns: they
 * belong to somebody else, and are neither overwritten nor removed. The caller holds the folder's lock.
 *
 * @throws RunFolderError that names what is in the way.
 */
export async function takeOwnership(place: Layout, inputs: readonly string[]): Promise<void> {
  await refuseOthersFiles(place, inputs);
  if (!isThere(place.ownership)) await writeFileDurably(place.ownership, NOTE);
}

/** The check of {@link takeOwnership}, which changes nothing. The folder exists. @throws RunFolderError that names what is in the way. */
export async function refuseOthersFiles(place: Layout, inputs: readonly string[]): Promise<void> {
  const paths = ownPaths(place);
  refuseOwnInputs(place, paths, inputs);
  if (isThere(place.ownership)) return refuseOtherKinds(place);
  // Runs of the first version have no ownership file, but their record or their checkpoints show that the files are theirs.
  const own = await holdsOwnRun(place);
  debug('%s has no owner, and %s', place.out, own ? 'holds a run' : 'no run');
  if (!own) {
    const found = paths.find(isThere);
    if (found !== undefined)
      throw new RunFolderError(
        `${found} already exists, and no holdfast run left it: it would be overwritten. Use another ${place.option}, or move it away`,
      );
  }
  refuseOtherKinds(place);
}

/** Whether the folder holds a run, shown by its record, or by a checkpoint or a result if the record is lost or damaged. */
async function holdsOwnRun(place: Layout): Promise<boolean> {
  const isFile = lstatSync(place.run, { throwIfNoEntry: false })?.isFile() ?? false;
  if (isFile && (await holdsRunRecord(place.run))) return true;
  if (isThere(place.run) && !isFile) return false;
  return (await runWitnesses(place)).some(({ run }) => /^[0-9a-f]{64}$/.test(run));
}

/** Gives up the ownership of a folder without a run: files that appear in it later belong to their owner. */
export async function giveUpOwnership(place: Layout): Promise<void> {
  if (!holdsRun(place)) await removeDurably(place.ownership);
}

/** Whether the folder holds anything under a run's names. */
export const holdsRun = (place: Layout): boolean => ownPaths(place).some(isThere);

/** Everything a run writes, and `--force-restart` removes; the record first. */
export function ownPaths(place: Layout): string[] {
  return [
    place.run,
    ...resultPaths(place),
    place.outputs,
    place.checkpoints,
    place.index,
    place.newIndex,
    place.logs,
    place.cluster,
    place.retry,
    place.starts,
    place.precision,
    place.precisionSample,
    place.copiedRows,
  ];
}

/** Refuses an input inside what a run writes: it would be removed with the run. */
function refuseOwnInputs(place: Layout, paths: readonly string[], inputs: readonly string[]): void {
  const out = realpathSync(place.out);
  for (const input of inputs) {
    const real = realPath(input);
    for (const path of paths) {
      const own = join(out, basename(path));
      if (real !== own && !real?.startsWith(own + sep)) continue;
      throw new RunFolderError(
        `${input}: the input is in ${path}, which the run itself writes and removes; use another ${place.option}, or move the input`,
      );
    }
  }
}

/** A file's path without links; null for what has no path, such as standard input and pipes. */
function realPath(file: string): string | null {
  try {
    return realpathSync(file);
  } catch {
    return null;
  }
}

/** Refuses a folder in the place of a file, or the reverse: it can be neither read nor replaced. */
function refuseOtherKinds(place: Layout): void {
  const folders = [place.outputs, place.checkpoints, place.index, place.newIndex, place.logs, place.cluster];
  for (const path of [...ownPaths(place), place.manifest]) {
    const kind = lstatSync(path, { throwIfNoEntry: false });
    if (kind === undefined || kind.isSymbolicLink()) continue;
    const folder = folders.includes(path);
    if (folder === kind.isDirectory() && (folder || kind.isFile())) continue;
    throw new RunFolderError(
      `${path} is ${kind.isDirectory() ? 'a folder, but the run needs a file there' : `not a ${folder ? 'folder' : 'file'}`}; move it away, then rerun the same command`,
    );
  }
}
