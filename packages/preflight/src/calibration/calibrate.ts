import { debuglog } from 'node:util';
import { type Device, formatDevice, type ModelOverrides } from '@holdfast/gpu-runtime';
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

/** What is asked of a trial, as one JSON argument. */
export interface CalibrationTrial {
  model: string;
  overrides: ModelOverrides | undefined;
  device: string;
  /** Processes that will share the device's memory. */
  workers: number;
  limits: CalibrationLimits;
}

/** What a trial knows so far: the sizes tried, the one that is being tried, and why it gave up. */
export interface CalibrationReport {
  measured: Measured[];
  trying: number | null;
  failed: string | null;
}

export interface CalibrateOptions extends Pick<CalibrationTrial, 'model' | 'overrides' | 'workers'> {
  /** Tokens that are taken where measuring fails. */
  usual: number;
  device: Device;
  signal: AbortSignal;
  report: ReportPreflight;
  /** The trial; replaced by tests. */
  script?: string;
}

const LIMITS: CalibrationLimits = { least: 1024, most: 1 << 20, seconds: 10 };
/** With fewer, a sequence of the usual length is a batch of its own. */
const LEAST_ON_CPU = 512;

/** Milliseconds without a word after which a trial is given up: loading a large model takes its time as well. */
const TIME_LIMIT = 120_000;

/**
 * Finds the number of tokens that suits a batch on a device, by trying in a process of its own, and says so. Where that fails
 * the usual number is taken, with a warning: it is only a matter of speed, and what is wrong with model or device shows
 * itself to the workers, who know what to do about it.
 *
 * @throws the signal's reason.
 */
export async function calibrate({
  model,
  overrides,
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
  const trial: CalibrationTrial = { model, overrides, device, workers, limits };
  const onWaiting = (waiting: Waiting) =>
    report(waitingEvent(`the measurement of batches on ${device}`, waiting));
  const options = { signal, limitMs: TIME_LIMIT, onWaiting };
  const answer = await askProcess<CalibrationReport>(script, JSON.stringify(trial), options);
  const { measured, failed } = judged(answer);
  const step = nextStep(measured, limits);
  debug('measured %j on %s, so %j', measured, device, step);
  if (failed !== null || 'measure' in step) {
    const message = `how many tokens suit a batch on ${device} could not be measured (${failed ?? 'the trial ended early'}); the usual ${usual} are taken; another number can be given with --batch-tokens`;
    report({ type: 'warning', message });
    return usual;
  }
  const least = Math.min(usual, limits.least / 2);
  // Where time was up before it went no faster, a number that is known to be good may be nearer.
  const { budget, reason } = step;
  const batch_tokens = reason === 'time' ? Math.max(budget ?? 0, usual) : (budget ?? least);
  const sizes = measured.map(({ tokens, perSecond }) => ({
    tokens,
    tokens_per_second: perSecond === null ? null : Math.round(perSecond),
  }));
  report({ type: 'calibrated', device, batch_tokens, reason, measured: sizes });
  return batch_tokens;
}

/** What a trial that ended knows; one that died of a size where a smaller one had worked died for want of memory. */
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
