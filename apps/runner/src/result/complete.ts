import { type ResultFolder, type ResultRecord, takeResultFolder } from '@holdfast/run-folder';
import { copyPlace } from '../embed-options.js';
import { DiskPause } from '../full-disk/disk-pause.js';
import { checkDisks, disksOf } from '../run/disks.js';
import type { Request } from '../run/request.js';
import { reportComplete } from './report-complete.js';

/**
 * The folder of `--out` if the run is kept in that of `--work`; null if both are one.
 *
 * @throws RunFolderError; BusyError.
 */
export const takeTarget = async ({
  options,
  place,
}: Pick<Request, 'options' | 'place'>): Promise<ResultFolder | null> => {
  const copy = copyPlace(options);
  return copy === undefined ? null : takeResultFolder(copy, place, options.inputs);
};

/** A complete run. */
export interface Completed {
  /** The folder that gets its result too, if any. */
  target: ResultFolder | null;
  result: ResultRecord;
  /** Whether the result was complete before this command. */
  already: boolean;
  /** Warnings that were already reported. */
  reported?: readonly string[];
}

/** Puts the result of a complete run where it is wanted, and reports it. @returns the exit code of the command. */
export async function complete(
  request: Pick<Request, 'place' | 'options' | 'report' | 'stop'> & Partial<Pick<Request, 'model'>>,
  { target, result, already, reported = [] }: Completed,
): Promise<number> {
  if (target === null) return reportComplete(request, result, already, reported);
  const { options, report, stop } = request;
  if (!options.forceRestart) await target.refuseOther(result.run);
  const { place } = target;
  let begun = false;
  const onBegin = async (bytes: number) => {
    // After a full disk it begins again.
    if (begun) return;
    begun = true;
    // A run that was not complete was checked before it embedded anything.
    if (already) checkDisks(await disksOf(place, { checkpoints: 0, result: bytes }), options, report);
    report({ type: 'assembling', file: place.embeddings(options.format) });
  };
  const { signal } = stop;
  const pause = new DiskPause(place.out, report, signal, options.onFullDisk !== 'stop');
  const bytes = result.files.reduce((sum, file) => sum + file.bytes, 0);
  const put = await pause.during(() => target.deliver(result, { onBegin, signal }), bytes);
  return reportComplete({ ...request, place }, result, already && !put, reported);
}
