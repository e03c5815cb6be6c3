import { layout, reportCorrupt, tidyUp } from '@holdfast/run-folder';
import { dryRun } from './dry-run/dry-run.js';
import { embedAndJoin } from './embed-and-join.js';
import { checkEmbed, type EmbedOptions, type Stop } from './embed-options.js';
import type { Report } from './events.js';
import { leftOut } from './result/left-out.js';
import { reportComplete } from './result/report-complete.js';
import { finishedWithoutModel } from './run/finished-run.js';
import { reportPlanWarnings } from './run/plan-warnings.js';
import { precisionCost } from './run/precision-cost.js';
import { prepare } from './run/prepare.js';
import { prepareOptions } from './run/prepare-options.js';
import { checkEnvironment, checkRequest, type Request } from './run/request.js';
import { takeFolder } from './run/take-folder.js';

/**
 * FASTA in, embeddings out. The same call resumes a run that ended early, whatever ended it.
 *
 * @returns the exit code.
 * @throws UsageError, InputError, PreflightError, RunFolderError, DeviceError or ModelError if the user must change something;
 * BusyError; RunFailedError; StoppedError; RangeError or TypeError for invalid options (`code` is `invalid_option`).
 */
export async function embed(options: EmbedOptions, report: Report, stop: Stop): Promise<number> {
  checkEmbed(options, report, stop);
  checkEnvironment();
  if (options.dryRun) return dryRun(options, report, stop);
  const finished = await finishedWithoutModel(options, report, stop);
  if (finished !== null)
    return reportComplete({ place: layout(options.out), options, report }, finished, true);
  const request = await checkRequest(options, report, stop);
  const folder = await takeFolder(request);
  if ('files' in folder) return reportComplete(request, folder, true);
  await using _folder = folder;
  // Awaited here: the folder is given back when this function returns.
  return await request.heartbeat.during(() => embedInto(request));
}

/** The story of a run in a folder that this command holds. @returns the exit code. */
async function embedInto(request: Request): Promise<number> {
  const { place, model, report } = request;
  const run = await prepare(place, prepareOptions(request));
  if (!('index' in run)) {
    await tidyUp(place, run.run, report, true);
    return reportComplete(request, run, true);
  }
  try {
    if (run.resumed && !run.finished) await reportCorrupt(place, report);
    const precision = await precisionCost(request, run);
    const findings = {
      ...(await reportPlanWarnings(request, run.index)),
      ...(precision && { precision }),
    };
    const result = await embedAndJoin(request, run, findings);
    const already = result === run.finished;
    await tidyUp(place, result.run, report, already);
    return reportComplete(request, result, already, [
      ...findings.warnings,
      ...leftOut(model, run.index.summary),
    ]);
  } catch (error) {
    await reportCorrupt(place, report).catch(() => undefined);
    throw error;
  } finally {
    await run.index.close();
  }
}
