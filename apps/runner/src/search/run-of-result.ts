import type { Result } from '@holdfast/result';
import { layout, RunFolderError, type RunRecord, readRunRecord, runElsewhere } from '@holdfast/run-folder';

/**
 * The record of the run that made a result, wherever the run is kept.
 *
 * @throws RunFolderError if it is not there, or is that of another run.
 */
export async function runOfResult({ folder, record }: Pick<Result, 'folder' | 'record'>): Promise<RunRecord> {
  const kept = runElsewhere(layout(folder)) ?? folder;
  const { run } = layout(kept);
  const found = await readRunRecord(run);
  if (found === null)
    throw new RunFolderError(
      `${run}: it is missing, and only it says how the sequences were embedded; give the folder of the run itself, or rerun the holdfast embed command`,
    );
  if (found.fingerprint !== record.run)
    throw new RunFolderError(
      `${run}: it is of another run than the result in ${folder}; rerun the holdfast embed command, which joins the result again`,
    );
  return found;
}
