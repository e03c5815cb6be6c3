import { resolve } from 'node:path';
import { type Layout, layout } from '@holdfast/run-folder';
import type { EmbedOptions } from '../embed-options.js';
import { UsageError } from '../errors.js';
import { readWork, type WorkRecord } from './work-record.js';

/** A run that was planned for several machines, as this one sees it. */
export interface Found {
  place: Layout;
  work: WorkRecord;
  /** The options of the run, with its folder as it is called here. */
  options: EmbedOptions;
}

/**
 * Finds the run that a folder holds, and changes to the folder in which it was planned: paths are relative to that.
 *
 * @throws UsageError if there is none, or that folder is not on this machine.
 */
export async function findWork(dir: string): Promise<Found> {
  const folder = resolve(dir);
  const place = layout(folder);
  const work = await readWork(place);
  try {
    process.chdir(work.folder);
  } catch (cause) {
    throw new UsageError(
      `${work.folder}: the run was planned in this folder, which is not on this machine; make it visible here under the same path`,
      { cause },
    );
  }
  const { options } = work;
  const at = options.work === undefined ? { out: folder } : { work: folder };
  return { place, work, options: { ...options, ...at } };
}
