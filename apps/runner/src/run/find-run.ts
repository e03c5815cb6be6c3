import { readFile } from 'node:fs/promises';
import { debuglog } from 'node:util';
import { isThere } from '@holdfast/durable';
import { PLAN } from '@holdfast/plan';
import {
  type CutOff,
  knownRecord,
  type Layout,
  namesDue,
  type Reattempt,
  type ResultRecord,
  RunFolderError,
  type RunRecord,
  readResult,
} from '@holdfast/run-folder';
import { type AskedRun, checking, hashInputs, type Prepared, type PrepareOptions } from './asked-run.js';
import { recovery, refuseDifferences, refuseOtherPlan } from './refuse-other-run.js';
import { restoreIndex, verifiedIndex } from './run-index.js';

const debug = debuglog('holdfast:run');

/** The record of the run in the folder, rebuilt if need be. A restart that was cut off replaces a run without a provable record. */
export async function findRecord(
  place: Layout,
  options: AskedRun,
  cutOff: CutOff = null,
): ReturnType<typeof knownRecord> {
  return knownRecord(place, { ...recovery(options), onWarning: options.onWarning }).catch(
    (error: unknown) => {
      if (cutOff === 'same' && error instanceof RunFolderError) return null;
      throw error;
    },
  );
}

/** @param rebuildIn where a lost index is rebuilt. */
export async function resumeRun(
  place: Layout,
  record: RunRecord,
  options: PrepareOptions,
  rebuildIn: Layout = place,
): Promise<Prepared | ResultRecord> {
  const { fingerprint } = record;
  const result = await intactResult(place, fingerprint, options);
  debug('run %s is found; its result is %s', fingerprint, result === null ? 'not complete' : 'complete');
  // A run with an older plan cannot be continued, but its result is valid.
  const again =
    result !== null &&
    record.plan === PLAN &&
    (isThere(place.retry) || (await reattempts(place, result, options.retry)));
  if (result !== null && !again) {
    await refuseDifferences(place, record, options, await hashInputs(options));
    return result;
  }
  await refuseOtherPlan(place, record, options);
  const index = await verifiedIndex(place, record, options);
  debug('its index is %s', index === null ? 'rebuilt' : 'intact');
  const finished = result === null ? {} : { finished: result };
  if (index === null)
    return { ...(await restoreIndex(place, record, options, rebuildIn)), resumed: true, ...finished };
  try {
    const inputs = await hashInputs(options);
    await refuseDifferences(place, record, options, inputs);
    return { record, index, resumed: true, ...finished };
  } catch (error) {
    await index.close();
    throw error;
  }
}

/**
 * The result in a read-only folder, if it is complete and belongs to the run that is asked for; else null. It needs no lock:
 * every byte is checked, so a run that changes it meanwhile is noticed.
 */
export async function completeResult(place: Layout, options: AskedRun): Promise<ResultRecord | null> {
  const found = await findRecord(place, options);
  if (found === null) return null;
  const { record } = found;
  const result = await intactResult(place, record.fingerprint, options);
  if (result === null) return null;
  await refuseDifferences(place, record, options, await hashInputs(options));
  if (await reattempts(place, result, options.retry))
    options.onWarning(
      `${place.out} cannot be written to, so its quarantined sequences are not reattempted; the result stays as it is`,
    );
  return result;
}

const intactResult = (
  { result, out, embeddings }: Layout,
  run: string,
  options: AskedRun,
): Promise<ResultRecord | null> => {
  const { format, signal } = options;
  return checking(options, `checking the result in ${out}`, () =>
    readResult(result, { out, run, embeddings: embeddings(format), signal }),
  );
};

/** Whether a complete result lacks sequences that are to be reattempted. */
async function reattempts(
  place: Layout,
  { quarantined = 0 }: ResultRecord,
  retry: Reattempt = 'set_aside',
): Promise<boolean> {
  return quarantined > 0 && namesDue(await readFile(place.quarantine, 'utf8'), retry);
}
