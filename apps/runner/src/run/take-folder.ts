import { NO_FOLDER_SYNC, syncsDirectories, systemErrorCode, systemErrorIn } from '@holdfast/durable';
import {
  oldWorkersLimit,
  type ResultRecord,
  takeOutputFolder,
  takeOwnership,
  waitForOldWorkers,
} from '@holdfast/run-folder';
import { limitsOf } from '../embed-options.js';
import { completeResult } from './find-run.js';
import { askedRun, type Request } from './request.js';

/** Milliseconds that a join waits: `submit`, typed again as it starts, holds the folder while it plans. */
const JOIN_PATIENCE = 60_000;

/**
 * Locks the output folder until the returned object is disposed of. Returns the result instead if the folder is read-only and
 * holds the complete result that is asked for.
 *
 * @throws RunFolderError; BusyError; the signal's reason.
 */
export async function takeFolder(request: Request): Promise<AsyncDisposable | ResultRecord> {
  const { options, place, report, stop } = request;
  let folder: AsyncDisposable;
  try {
    folder = await takeOutputFolder(place, {
      timeoutMs: options.joinOnly ? JOIN_PATIENCE : 0,
      signal: stop.signal,
    });
  } catch (error) {
    const result =
      options.forceRestart || !isReadOnly(error)
        ? null
        : await completeResult(place, askedRun(request)).catch(ifUnreadable(null));
    if (result === null) throw error;
    return result;
  }
  try {
    const limitMs = oldWorkersLimit(limitsOf(options).graceMs);
    // A join computes nothing, and fencing keeps a task that may still be alive on a lost machine from writing.
    if (!options.joinOnly) await waitForOldWorkers(place, { limitMs, report, signal: stop.signal });
    await takeOwnership(place, options.inputs);
    if (!(await syncsDirectories(place.out))) report({ type: 'warning', message: NO_FOLDER_SYNC });
    return folder;
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether the folder could not be locked because it is read-only. Its files may still be readable. */
const isReadOnly = (error: unknown) =>
  ['EROFS', 'EACCES', 'EPERM'].includes(systemErrorCode(systemErrorIn(error)) ?? '');

/** Replaces an unreadable file's value. */
const ifUnreadable =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (systemErrorIn(error) === undefined) throw error;
    return instead;
  };
