import { type ResultFolder, reportCorrupt, tidyUp } from '@holdfast/run-folder';
import { dryRun } from './dry-run/dry-run.js';
import { embedAndJoin } from './embed-and-join.js';
import { checkEmbed, type EmbedOptions, runPlace, type Stop } from './embed-options.js';
import type { Report } from './events.js';
import { complete, takeTarget } from './result/complete.js';
import { leftOut } from './result/left-out.js';
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
  if (finished !== null) {
    const place = runPlace(options);
    await using target = await takeTarget({ options, place });
    // Awaited here: the folder is given back when this function returns.
    return await complete({ place, options, report, stop }, { target, result: finished, already: true });
  }
  const request = await checkRequest(options, report, stop);
  const folder = await takeFolder(request);
  await using _folder = 'files' in folder ? null : folder;
  await using target = await takeTarget(request);
  if ('files' in folder) return await complete(request, { target, result: folder, already: true });
  return await request.heartbeat.during(() => embedInto(request, target));
}

/** The story of a run in a folder that this command holds. @returns the exit code. */
async function embedInto(request: Request, target: ResultFolder | null): Promise<number> {
  const { place, options, model, report } = request;
  const run = await prepare(place, {
    ...prepareOptions(request),
    beforeReplacing: async () => target?.retract(),
  });
  if (!('index' in run)) {
    await tidyUp(place, run.run, report, true);
    return complete(request, { target, result: run, already: true });
  }
  try {
    if (!options.forceRestart) await target?.refuseOther(run.record.fingerprint);
    if (run.resumed && !run.finished) await reportCorrupt(place, report);
    const precision = await precisionCost(request, run);
    const findings = {
      ...(await reportPlanWarnings(request, run.index)),
      ...(precision && { precision }),
    };
    const result = await embedAndJoin(request, run, findings);
    const already = result === run.finished;
    await tidyUp(place, result.run, report, already);
    const reported = [...findings.warnings, ...leftOut(model, run.index.summary)];
    return await complete(request, { target, result, already, reported });
  } catch (error) {
    await reportCorrupt(place, report).catch(() => undefined);
    throw error;
  } finally {
    await run.index.close();
  }
}
