import { isThere } from '@holdfast/durable';
import {
  type Layout,
  type ResultRecord,
  refuseFile,
  refuseOtherResult,
  refuseResultFolder,
  refuseUnwritable,
} from '@holdfast/run-folder';
import { copyPlace, type EmbedOptions } from '../embed-options.js';
import type { Report } from '../events.js';
import { checkDisks, disksOf } from '../run/disks.js';

/** The folder that would get a copy of the result. Nothing is written there. */
export interface Target {
  /** @throws RunFolderError if the run could not put its result there. */
  refuseOther(run: string): Promise<void>;
  /** The same, and whether the disk has room for the copy. @throws DiskSpaceError too. */
  refuseCopy(result: ResultRecord, report: Report): Promise<void>;
}

/** Null without `--work`. @throws RunFolderError if the folder cannot get a result. */
export async function targetOf(options: EmbedOptions, work: Layout): Promise<Target | null> {
  const place = copyPlace(options);
  if (place === undefined) return null;
  await refuseFile(place);
  await refuseResultFolder(place, work, options.inputs);
  const refuseOther = async (run: string) => {
    if (!options.forceRestart) await refuseOtherResult(place, run);
    await refuseUnwritable(place);
  };
  return {
    refuseOther,
    async refuseCopy({ run, files }, report) {
      // A copy that is there is compared, and mended file by file.
      if (!isThere(place.result)) {
        const result = files.reduce((sum, { bytes }) => sum + bytes, 0);
        checkDisks(await disksOf(place, { checkpoints: 0, result }), options, report);
      }
      await refuseOther(run);
    },
  };
}
