import { isThere } from '@holdfast/durable';
import {
  cutOffRestart,
  forgetRestart,
  type Layout,
  type ResultRecord,
  writeRunRecord,
} from '@holdfast/run-folder';
import type { AskedRun, Prepared, PrepareOptions } from './asked-run.js';
import { installRun, planRun, replaceRun } from './begin-run.js';
import { findRecord, resumeRun } from './find-run.js';
import { refuseCutOff } from './refuse-other-run.js';

/**
 * The run in the folder if it is the one asked for (its result, if complete), else a new run with its plan. The caller holds
 * the folder's lock.
 */
export async function prepare(place: Layout, options: PrepareOptions): Promise<Prepared | ResultRecord> {
  if (options.forceRestart) return replaceRun(place, options);
  const { cutOff, found } = await lookForRun(place, options);
  if (found === null)
    return cutOff === 'same' ? replaceRun(place, options) : installRun(place, await planRun(place, options));
  const { record, recovered } = found;
  if (cutOff === 'same') {
    const prepared = await replaceRun(place, options, record);
    if (prepared !== null) return prepared;
  }
  const prepared = await resumeRun(place, record, options);
  // The result is complete even if its record cannot be written, for example on a disk that became read-only.
  if (recovered && !('index' in prepared)) await writeRunRecord(place.run, record).catch(() => undefined);
  await forgetRestart(place);
  return prepared;
}

/**
 * The run in the folder, and whether a restart was cut off there. Changes nothing.
 *
 * @throws UsageError if a restart by another command has removed the run.
 */
export async function lookForRun(place: Layout, options: AskedRun) {
  const cutOff = await cutOffRestart(place, options);
  // The run that a restart was removing must not come back.
  const found = cutOff !== null && !isThere(place.run) ? null : await findRecord(place, options, cutOff);
  if (found === null && cutOff === 'other') refuseCutOff(place);
  return { cutOff, found };
}
