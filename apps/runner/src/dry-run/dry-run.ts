import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isThere } from '@holdfast/durable';
import { shardsOf } from '@holdfast/plan';
import { workerBytes } from '@holdfast/preflight';
import { ownPaths, refuseFile, refuseOthersFiles, refuseUnwritable, standing } from '@holdfast/run-folder';
import { copyPlace, type EmbedOptions, runPlace, type Stop } from '../embed-options.js';
import { ExitCode } from '../errors.js';
import type { Report } from '../events.js';
import { leftOut } from '../result/left-out.js';
import { reportComplete } from '../result/report-complete.js';
import { checkDisks, disksOf, needOf } from '../run/disks.js';
import { finishedWithoutModel } from '../run/finished-run.js';
import { reportPlanWarnings } from '../run/plan-warnings.js';
import { plannedFacts } from '../run/planned-facts.js';
import { prepareOptions } from '../run/prepare-options.js';
import { checkRequest, type Request } from '../run/request.js';
import { calibrateTime } from './calibrate-time.js';
import { lengthsOf } from './length-histogram.js';
import { missingModel, reportInput } from './missing-model.js';
import { nothingSaved, type PlannedApart, planApart, savedIn } from './plan-apart.js';
import { makeScratch } from './scratch.js';
import { targetOf } from './target.js';

/**
 * Reports what a command would do: the plan, the disk, the memory and the time that it takes. The output folder is neither made
 * nor written to, its lock is not taken, and no model is downloaded.
 *
 * @returns the exit code. @throws what the command itself would throw before it embeds anything.
 */
export async function dryRun(options: EmbedOptions, report: Report, stop: Stop): Promise<number> {
  const place = runPlace(options);
  await refuseFile(place);
  const target = await targetOf(options, place);
  const finished = await finishedWithoutModel(options, report, stop);
  if (finished !== null) {
    await target?.refuseCopy(finished, report);
    return reportComplete({ place, options, report }, finished, true);
  }
  await using scratch = await makeScratch();
  const missing = await missingModel(options, place);
  if (missing !== null) {
    report({ type: 'model_missing', ...missing });
    await reportInput(options, { folder: scratch.folder, report, stop });
    return ExitCode.complete;
  }
  const request = await checkRequest(options, report, stop);
  if (isThere(place.out)) await refuseOthersFiles(place, options.inputs);
  const run = await planApart(place, prepareOptions(request), scratch.folder);
  if (!('index' in run)) {
    await target?.refuseCopy(run, report);
    return reportComplete(request, run, true);
  }
  try {
    await refuseUnwritable(place);
    await target?.refuseOther(run.record.fingerprint);
    await reportPlan(request, run, scratch.folder);
    return ExitCode.complete;
  } finally {
    await run.index.close();
  }
}

async function reportPlan(request: Request, run: PlannedApart, scratch: string): Promise<void> {
  const { place, options, model, devices, report } = request;
  const { record, index, resumed, indexFolder } = run;
  const tables = { kept: resumed };
  await reportPlanWarnings(request, index, tables);
  for (const message of leftOut(model, index.summary, tables)) report({ type: 'warning', message });
  const shards = await shardsOf(index, record.shards);
  const state = resumed ? await savedIn(place, shards) : nothingSaved(shards);
  const computed = shards.every(({ shard }) => state.shards[shard]!.status === 'complete');
  const used = computed ? null : await devices.shareFor(record);
  const done = standing(shards, state);
  const need = await needOf(options, { model, index, shards, done, folder: indexFolder });
  const indexBytes = resumed ? 0 : await sizeOf(indexFolder);
  // A restart removes the older run before it embeds anything.
  const freed = options.forceRestart ? await sizeOf(...ownPaths(place)) : 0;
  const disks = await disksOf(place, need, { copy: copyPlace(options), index: indexBytes, freed });
  const calibration =
    used &&
    (await calibrateTime(request, run, {
      shards,
      done,
      used,
      writeBytes: need.checkpoints + need.result,
      scratch,
    }));
  if (calibration !== null && 'problem' in calibration) {
    const message = `the speed could not be measured (${calibration.problem}), so there is no estimate of the time`;
    report({ type: 'warning', message });
  }
  const measured = calibration !== null && 'time' in calibration ? calibration : null;
  report({
    type: 'dry_run',
    resumed,
    ...plannedFacts({ model, index, record, shards, done, used }),
    ...(run.finished && { reattempts: true }),
    truncated: index.summary.truncated,
    batch_tokens: record.batch_tokens,
    threads: used?.share.threads ?? 0,
    lengths: await lengthsOf(() => index.allLengths()),
    checkpoint_bytes: need.checkpoints,
    result_bytes: need.result,
    index_bytes: indexBytes,
    disks,
    worker_memory_bytes: measured?.memory ?? workerBytes(model.weightBytes),
    free_memory_bytes: process.availableMemory(),
    estimate: measured?.time ?? null,
  });
  // Last: whoever must make room wants to see for what.
  if (run.finished === undefined) checkDisks(disks, options, report);
}

/** Bytes of files, and of all files in folders; those that are not there take none. */
async function sizeOf(...paths: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const path of paths) {
    const found = await lstat(path).catch(() => null);
    if (found?.isDirectory()) bytes += await sizeOf(...(await readdir(path)).map((name) => join(path, name)));
    else bytes += found?.size ?? 0;
  }
  return bytes;
}
