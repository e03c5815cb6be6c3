import { lstatSync, realpathSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { debuglog } from 'node:util';
import { isThere, removeDurably, writeFileDurably } from '@holdfast/durable';
import { formats } from './formats/formats.js';
import type { Layout } from './layout.js';
import { holdsRunRecord } from './records/run-record.js';
import { runWitnesses } from './records/run-witnesses.js';
import { RunFolderError } from './run-folder-error.js';

const debug = debuglog('holdfast:run-folder');

const NOTE =
  'holdfast keeps a run in this folder: what has the names of a run here is its own, and it may remove it.\n';

/**
 * Makes the folder's names a run's own, or refuses: what lies under them already, in a folder that no run claimed, is
 * somebody else's, and is neither written over nor removed. The caller holds the folder's lock.
 *
 * @throws RunFolderError that names what is in the way.
 */
export async function takeOwnership(place: Layout, inputs: readonly string[]): Promise<void> {
  const paths = ownPaths(place);
  refuseOwnInputs(place, paths, inputs);
  if (isThere(place.ownership)) return refuseOtherKinds(place);
  // Runs of the first version made no claim, but their record says whose the rest is, or else their checkpoints do.
  const own = await holdsOwnRun(place);
  debug('%s has no claim, and %s', place.out, own ? 'holds a run of ours' : 'no run of ours');
  if (!own) {
    const found = paths.find(isThere);
    if (found !== undefined)
      throw new RunFolderError(
        `${found} is already there, and no run of holdfast left it: it would be written over. Use another --out, or move it away`,
      );
  }
  refuseOtherKinds(place);
  await writeFileDurably(place.ownership, NOTE);
}

/** Whether a run of ours can be told by its record, or by a checkpoint or a result where the record is lost or damaged. */
async function holdsOwnRun(place: Layout): Promise<boolean> {
  const isFile = lstatSync(place.run, { throwIfNoEntry: false })?.isFile() ?? false;
  if (isFile && (await holdsRunRecord(place.run))) return true;
  if (isThere(place.run) && !isFile) return false;
  return (await runWitnesses(place)).some(({ run }) => /^[0-9a-f]{64}$/.test(run));
}

/** Gives a folder back that holds nothing of a run: what comes to lie in it is its owner's. */
export async function giveUpOwnership(place: Layout): Promise<void> {
  if (!holdsRun(place)) await removeDurably(place.ownership);
}

/** Whether anything lies in the folder under a run's names. */
export const holdsRun = (place: Layout): boolean => ownPaths(place).some(isThere);

/** Everything a run writes, and `--force-restart` removes; its record first. */
export function ownPaths(place: Layout): string[] {
  const embeddings = Object.keys(formats).map(place.embeddings);
  return [
    place.run,
    place.result,
    ...embeddings,
    place.ids,
    place.quarantine,
    place.checkpoints,
    place.index,
    place.newIndex,
    place.logs,
    place.retry,
  ];
}

/** An input below what a run writes would be removed with it. */
function refuseOwnInputs(place: Layout, paths: readonly string[], inputs: readonly string[]): void {
  const out = realpathSync(place.out);
  for (const input of inputs) {
    const real = realPath(input);
    for (const path of paths) {
      const own = join(out, basename(path));
      if (real !== own && !real?.startsWith(own + sep)) continue;
      throw new RunFolderError(
        `${input}: the input lies in ${path}, which the run itself writes and removes; use another --out, or move the input`,
      );
    }
  }
}

/** Where a file lies without links; null for what lies in no folder, as standard input and pipes. */
function realPath(file: string): string | null {
  try {
    return realpathSync(file);
  } catch {
    return null;
  }
}

/** A folder in the place of a file, or the other way round, can be neither read nor replaced. */
function refuseOtherKinds(place: Layout): void {
  const folders = [place.checkpoints, place.index, place.newIndex, place.logs];
  for (const path of [...ownPaths(place), place.manifest]) {
    const kind = lstatSync(path, { throwIfNoEntry: false });
    if (kind === undefined || kind.isSymbolicLink()) continue;
    const folder = folders.includes(path);
    if (folder === kind.isDirectory() && (folder || kind.isFile())) continue;
    throw new RunFolderError(
      `${path} is ${kind.isDirectory() ? 'a folder where the run has a file' : `no ${folder ? 'folder' : 'file'}`}; move it away, then rerun the same command`,
    );
  }
}
