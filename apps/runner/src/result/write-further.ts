import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { isThere, makeDirectoryDurably, mayBeThere, removeDurably } from '@holdfast/durable';
import {
  type FurtherRun,
  furtherFiles,
  type Layout,
  moreFiles,
  type ResultRecord,
} from '@holdfast/run-folder';
import { writeMeasured } from './write-measured.js';

/**
 * Writes what a run computes beside the embeddings, and removes what an earlier result had.
 *
 * @throws ShardIncompleteError if a shard must be repaired; IndexError; the signal's reason.
 */
export async function writeFurther(place: Layout, run: FurtherRun): Promise<ResultRecord['files']> {
  const wanted = new Set(moreFiles(run.outputs, run.format));
  await removeOthers(place, wanted);
  if (wanted.size === 0) return [];
  await makeDirectoryDurably(place.outputs);
  const files: ResultRecord['files'] = [];
  for await (const { file, write } of furtherFiles(run))
    files.push(await writeMeasured(place.output(file), write, `${basename(place.outputs)}/${file}`));
  return files;
}

/** Removes files of an earlier result, which would stand beside the new IDs. What was set aside stays until the run is tidied up. */
async function removeOthers(place: Layout, wanted: ReadonlySet<string>): Promise<void> {
  if (!mayBeThere(place.outputs)) return;
  if (wanted.size === 0) return removeDurably(place.outputs);
  for (const name of isThere(place.outputs) ? await readdir(place.outputs) : [])
    if (!wanted.has(name) && !name.includes('.corrupt')) await removeDurably(place.output(name));
}
