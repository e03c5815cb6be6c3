import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { debuglog } from 'node:util';
import { InvalidCheckpointError, openCheckpoint, removeTemporaries } from '@holdfast/checkpoint';
import { isThere } from '@holdfast/durable';
import { counted } from '@holdfast/options';
import type { ReportNotice } from './folder-notice.js';
import type { Layout } from './layout.js';
import { shardFolders } from './records/run-witnesses.js';
import { resultPaths } from './result-paths.js';
import { evictClaims } from './shard/claim-folder.js';

const debug = debuglog('holdfast:run-folder');

/** A checkpoint that was set aside, with its marker, or a marker alone. */
const SHARD_ASIDE = /^(batch_\d+\.pt\.corrupt(\.\d+)?)(\.done)?$|^batch_\d+\.pt\.done\.corrupt(\.\d+)?$/;
const MANIFEST_ASIDE = /^manifest\.json(\.journal)?\.corrupt(-\d+)?$/;
/** What `holdfast verify --repair` set aside of the folder itself; the index is a folder. */
const RUN_ASIDE =
  /^(result\.json|precision\.json|ids\.txt|(quarantine|sequences)\.tsv|embeddings\.[a-z]+|\.holdfast-restart)\.corrupt(\.\d+)?$/;
const OUTPUT_ASIDE = /\.corrupt(\.\d+)?$/;
const INDEX_ASIDE = /^index\.corrupt(\.\d+)?$/;

/** The number and size of files that were set aside. */
interface CorruptFiles {
  files: number;
  bytes: number;
}

/** Measures all files that were set aside as corrupt. */
async function corruptFiles(place: Layout): Promise<CorruptFiles> {
  return sizeOf(await corruptPaths(place));
}

/**
 * Removes what a complete run no longer needs: temporary files left by a kill, and corrupt files that were set aside, since the
 * result has every row of the run. Keeps checkpoints of another run, and unreadable ones, which may be anybody's.
 *
 * @param run the fingerprint of the complete run.
 */
async function tidy(
  place: Layout,
  run: string,
): Promise<{ removed: CorruptFiles; kept: CorruptFiles; example: string | undefined }> {
  await removeAllTemporaries(place);
  const superfluous: string[] = [];
  const kept: string[] = [];
  const checkpoints = new Map<string, boolean>();
  for (const path of await corruptPaths(place)) {
    // A marker goes with its checkpoint. A lone marker and a manifest hold no rows.
    const checkpoint = /^(.*[\\/]batch_\d+\.pt\.corrupt(?:\.\d+)?)(?:\.done)?$/.exec(path)?.[1];
    if (checkpoint !== undefined && !checkpoints.has(checkpoint))
      checkpoints.set(checkpoint, await isOf(checkpoint, run));
    ((checkpoint === undefined ? true : checkpoints.get(checkpoint)) ? superfluous : kept).push(path);
  }
  const removed = await sizeOf(superfluous);
  for (const path of superfluous) await rm(path, { force: true });
  // The folder of an index that was set aside, once it is empty.
  for (const folder of new Set(superfluous.map((path) => dirname(path))))
    if (INDEX_ASIDE.test(basename(folder))) await rmdir(folder);
  return { removed, kept: await sizeOf(kept), example: kept[0] };
}

/** Whether a checkpoint that was set aside belongs to this run, or is gone and only its marker is left. */
async function isOf(path: string, run: string): Promise<boolean> {
  try {
    await using checkpoint = await openCheckpoint(path, 'unmarked');
    return checkpoint.metadata.get('run') === run;
  } catch (error) {
    if (error instanceof InvalidCheckpointError) return error.reason === 'file is missing';
    throw error;
  }
}

async function corruptPaths(place: Layout): Promise<string[]> {
  const paths: string[] = [];
  const add = async (folder: string, pattern: RegExp) => {
    for (const entry of await readdir(folder, { withFileTypes: true }))
      if (entry.isFile() && pattern.test(entry.name)) paths.push(join(folder, entry.name));
  };
  const shards = await shardFolders(place);
  for (const folder of shards) await add(folder, SHARD_ASIDE);
  if (shards.length > 0) await add(place.checkpoints, MANIFEST_ASIDE);
  await add(place.out, RUN_ASIDE);
  if (isThere(place.outputs)) await add(place.outputs, OUTPUT_ASIDE);
  for (const entry of await readdir(place.out, { withFileTypes: true }))
    if (entry.isDirectory() && INDEX_ASIDE.test(entry.name)) await add(join(place.out, entry.name), /./);
  return paths;
}

async function sizeOf(paths: readonly string[]): Promise<CorruptFiles> {
  let bytes = 0;
  for (const path of paths) bytes += (await stat(path)).size;
  return { files: paths.length, bytes };
}

/** Removes every temporary file that a run's durable writes can leave. Nobody else may be writing. */
async function removeAllTemporaries(place: Layout): Promise<void> {
  const files = [
    place.ownership,
    place.run,
    ...resultPaths(place),
    place.manifest,
    place.restart,
    place.retry,
    place.starts,
    place.precision,
    place.heartbeat,
  ];
  for (const path of [...files, join(place.index, 'summary.json')]) await rm(`${path}.tmp`, { force: true });
  for (const name of isThere(place.outputs) ? await readdir(place.outputs) : [])
    if (name.endsWith('.tmp')) await rm(place.output(name), { force: true });
  // A killed command left it, and the result says more.
  await rm(place.heartbeat, { force: true });
  await rm(place.precisionSample, { force: true });
  await rm(place.copiedRows, { force: true });
  await rm(place.newIndex, { recursive: true, force: true });
  for (const folder of await shardFolders(place)) {
    await removeTemporaries(folder);
    await evictClaims(folder);
  }
}

/** The number and size as text. */
const describe = ({ files, bytes }: CorruptFiles): string =>
  `${counted(files, 'file')} set aside as corrupt (${(bytes / 1e6).toFixed(1)} MB)`;

/** Warns about the size of files that were set aside, while the run is not complete. */
export async function reportCorrupt(place: Layout, report: ReportNotice): Promise<void> {
  const aside = await corruptFiles(place);
  if (aside.files === 0) return;
  const message = `${describe(aside)} are in ${place.out}; the run removes its own once it is complete`;
  report({ type: 'warning', message });
}

/**
 * Removes what a complete run no longer needs. A failure, for example on a read-only disk, is only a warning.
 *
 * @param again whether the run was complete before this command; the kept files were reported then.
 */
export async function tidyUp(
  place: Layout,
  run: string,
  report: ReportNotice,
  again: boolean,
): Promise<void> {
  try {
    const { removed, kept, example } = await tidy(place, run);
    debug('%s is complete: %d file(s) removed, %d kept', place.out, removed.files, kept.files);
    if (removed.files > 0)
      report({
        type: 'warning',
        message: `removed ${describe(removed)}: the complete result has all of their rows`,
      });
    if (kept.files > 0 && !again)
      report({
        type: 'warning',
        message: `kept ${describe(kept)} in ${place.checkpoints}, such as ${example}: they belong to another run, or cannot be read. The result does not need them; remove them unless you want to examine them`,
      });
  } catch (error) {
    const message = `${place.out}: could not remove files that the complete run no longer needs (${(error as Error).message})`;
    report({ type: 'warning', message });
  }
}
