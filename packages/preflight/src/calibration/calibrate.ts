import { debuglog } from 'node:util';
import { type Device, type FingerprintProof, formatDevice, type ModelOverrides } from '@holdfast/gpu-runtime';
import {
  type Answer,
  askProcess,
  exportedScript,
  helperEnd,
  inOneLine,
  type Waiting,
  waitingEvent,
} from '@holdfast/process';
import type { ReportPreflight } from '../preflight-events.js';
import { type CalibrationLimits, type Measured, nextStep } from './calibration.js';

const debug = debuglog('holdfast:preflight');

/** The trial's request, passed as one JSON argument. */
export interface CalibrationTrial {
  model: string;
  overrides: ModelOverrides | undefined;
  /** Of the model, so that its files need not be read again. */
  proof?: FingerprintProof | undefined;
  device: string;
  /** Processes that will share the device's memory. */
  workers: number;
  limits: CalibrationLimits;
}

/** The trial's results so far: measured sizes, the current one, and why it gave up. */
export interface CalibrationReport {
  measured: Measured[];
  trying: number | null;
  failed: string | null;
}

export interface CalibrateOptions
  extends Pick<CalibrationTrial, 'model' | 'overrides' | 'proof' | 'workers'> {
  /** The token budget if measuring fails. */
  usual: number;
  device: Device;
  signal: AbortSignal;
  report: ReportPreflight;
  /** The trial; replaced by tests. */
  script?: string;
}

const LIMITS: CalibrationLimits = { least: 1024, most: 1 << 20, seconds: 10 };
/** With fewer tokens, a sequence of typical length would fill a batch. */
const LEAST_ON_CPU = 512;

/** Milliseconds without progress after which a trial is killed; loading a large model takes long too. */
const TIME_LIMIT = 120_000;

/**
 * Measures the best token budget on a device, in a helper, and reports it. If that fails, it warns and returns the usual budget:
 * only speed depends on it, and workers will meet any fault of model or device, with policies for it.
 *
 * @throws the signal's reason.
 */
export async function calibrate({
  model,
  overrides,
  proof,
  workers,
  usual,
  device: { kind, index },
  signal,
  report,
  script = exportedScript('@holdfast/preflight/calibration-trial', import.meta.url),
}: CalibrateOptions): Promise<number> {
  const device = formatDevice({ kind, index });
  report({ type: 'calibrating', device });
  const limits = kind === 'cpu' ? { ...LIMITS, least: LEAST_ON_CPU } : LIMITS;
  const trial: CalibrationTrial = { model, overrides, proof, device, workers, limits };
  const onWaiting = (waiting: Waiting) =>
    report(waitingEvent(`the token budget measurement on ${device}`, waiting));
  const options = { signal, limitMs: TIME_LIMIT, onWaiting };
  const answer = await askProcess<CalibrationReport>(script, JSON.stringify(trial), options);
  const { measured, failed } = judged(answer);
  const step = nextStep(measured, limits);
  debug('measured %j on %s, so %j', measured, device, step);
  if (failed !== null || 'measure' in step) {
    const message = `could not measure the best token budget on ${device} (${failed ?? 'the trial ended early'}); using the usual ${usual} tokens; set another number with --batch-tokens`;
    report({ type: 'warning', message });
    return usual;
  }
  const least = Math.min(usual, limits.least / 2);
  // If time ran out while batches still got faster, the usual budget may be better.
  const { budget, reason } = step;
  const batch_tokens = reason === 'time' ? Math.max(budget ?? 0, usual) : (budget ?? least);
  const sizes = measured.map(({ tokens, perSecond }) => ({
    tokens,
    tokens_per_second: perSecond === null ? null : Math.round(perSecond),
  }));
  report({ type: 'calibrated', device, batch_tokens, reason, measured: sizes });
  return batch_tokens;
}

/** The results of a finished trial. If it died at a size after smaller ones worked, it died for lack of memory. */
function judged(answer: Answer<CalibrationReport>): Omit<CalibrationReport, 'trying'> {
  const { report, failure, stderr } = answer;
  const measured = report?.measured ?? [];
  if (report !== undefined && report.trying === null)
    return { measured, failed: report.failed && inOneLine(report.failed, stderr) };
  if (report?.trying != null && failure?.signal && measured.length > 0)
    return {
      measured: [...measured, { tokens: report.trying, perSecond: null, seconds: 0, memory: 1 }],
      failed: null,
    };
  return { measured, failed: helperEnd(answer) };
}
