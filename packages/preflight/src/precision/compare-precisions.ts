import { debuglog } from 'node:util';
import type { Device, ModelOverrides } from '@holdfast/gpu-runtime';
import { askProcess, exportedScript, helperEnd, waitingEvent } from '@holdfast/process';
import { NoAnswerError } from '../preflight-error.js';
import type { ReportPreflight } from '../preflight-events.js';

const debug = debuglog('holdfast:preflight');

/** The trial's request, passed as one JSON argument. */
export interface PrecisionTrial {
  model: string;
  /** With the lower precision. */
  overrides: ModelOverrides;
  /** The device that both are computed on. */
  device: Device;
  /** Path of a file with a sequence a line. */
  sample: string;
}

/** The trial's report: a cosine for each sequence that both embedded, or why there is none. */
export interface PrecisionReport {
  cosines: number[];
  failed: string | null;
}

/** How far rows in a lower precision are from those in float32: cosines of the two rows of a sequence. */
export interface PrecisionCost {
  /** How many were compared. */
  sequences: number;
  cosine_median: number;
  cosine_worst: number;
}

export interface ComparePrecisionsOptions extends PrecisionTrial {
  /** Milliseconds without progress after which the trial is killed. */
  stallMs: number;
  signal: AbortSignal;
  report: ReportPreflight;
  /** The trial; replaced by tests. */
  script?: string;
}

/**
 * Embeds sequences on a device in float32 and in a lower precision, and compares the rows. It runs in a helper, since sessions
 * leak. Sequences that the model fails on are left out: workers have policies for them.
 *
 * @throws NoAnswerError if the helper does not answer; the signal's reason.
 */
export async function comparePrecisions(options: ComparePrecisionsOptions): Promise<PrecisionCost | null> {
  const {
    model,
    overrides,
    device,
    sample,
    stallMs,
    signal,
    report,
    script = exportedScript('@holdfast/preflight/precision-trial', import.meta.url),
  } = options;
  const trial: PrecisionTrial = { model, overrides, device, sample };
  const answer = await askProcess<PrecisionReport>(script, JSON.stringify(trial), {
    signal,
    limitMs: stallMs,
    onWaiting: (waiting) =>
      report(waitingEvent(`the comparison of ${overrides.precision} with fp32`, waiting)),
  });
  debug('compared %j with fp32: %j', overrides.precision, answer.report ?? answer.failure);
  const failed = answer.report === undefined ? helperEnd(answer) : answer.report.failed;
  if (failed !== null)
    throw new NoAnswerError(
      `could not compare ${overrides.precision} with fp32 (${failed}); nothing was computed. Rerun the same command, or choose --precision fp32`,
    );
  return costOf(answer.report!.cosines);
}

/** Null if nothing was compared. @param cosines one for each sequence. */
export function costOf(cosines: readonly number[]): PrecisionCost | null {
  const sorted = [...cosines].sort((a, b) => a - b);
  const [worst] = sorted;
  if (worst === undefined) return null;
  const middle = (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  return { sequences: sorted.length, cosine_median: rounded(middle), cosine_worst: rounded(worst) };
}

/** Seven digits: what float32 rows can show. */
const rounded = (cosine: number): number => Math.round(cosine * 1e7) / 1e7;
