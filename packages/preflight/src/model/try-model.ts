import { debuglog } from 'node:util';
import { type Device, formatDevice, type ModelOverrides } from '@holdfast/gpu-runtime';
import { type Answer, askProcess, exportedScript, helperEnd, waitingEvent } from '@holdfast/process';
import { NoAnswerError, PreflightError } from '../preflight-error.js';
import type { ReportPreflight } from '../preflight-events.js';
import { EMBEDDING } from './refusal.js';

const debug = debuglog('holdfast:preflight');

/** What is tried, as it crosses to the process that tries it. */
export interface ModelTrial {
  model: string;
  overrides: ModelOverrides | undefined;
  /** Name of the device. */
  device: string;
}

/** What a trial says: why the model can embed nothing, or null. */
export interface TrialReport {
  refused: string | null;
}

export interface TryModelOptions {
  model: string;
  overrides: ModelOverrides | undefined;
  device: Device;
  /** Milliseconds in which the trial must go forward. */
  stallMs: number;
  signal: AbortSignal;
  report: ReportPreflight;
  /** The trial; replaced by tests. */
  script?: string;
}

/**
 * Finds out before a run is begun whether a model embeds on the device that the run is for: only a session tells of an opset, an
 * operator or a shape that is not what its description says, of a graph that takes one shape of batches only, and of one with fewer
 * positions than its description. In a process of its own, as sessions leak. A trial that ends without a report refuses nothing,
 * but says so.
 *
 * @throws PreflightError when the model is refused, or gives no answer; NoAnswerError when the trial gets no further than loading it;
 * the signal's reason.
 */
export async function tryModel(options: TryModelOptions): Promise<void> {
  const {
    model,
    overrides,
    stallMs,
    signal,
    report,
    script = exportedScript('@holdfast/preflight/model-trial', import.meta.url),
  } = options;
  const device = formatDevice(options.device);
  report({ type: 'trying_model', model, device, limit_seconds: stallMs / 1000 });
  const trial: ModelTrial = { model, overrides, device };
  const answer = await askProcess<TrialReport>(script, JSON.stringify(trial), {
    signal,
    limitMs: stallMs,
    onWaiting: (waiting) => report(waitingEvent(`the trial of the model ${model} on ${device}`, waiting)),
  });
  debug('trial of %s on %s: %j', model, device, answer.report ?? answer.failure);
  if (answer.report?.refused) throw new PreflightError(answer.report.refused);
  if (answer.report !== undefined) return;
  if (answer.failure?.silentMs !== undefined) throw silent(options, answer);
  const message = `the model could not be tried on ${device}: ${helperEnd(answer)}; the workers will show whether it works`;
  report({ type: 'warning', message });
}

/** What gives no answer for a few residues is the model's; what comes before may be the machine's. */
function silent({ model }: TryModelOptions, answer: Answer<TrialReport>): Error {
  const errorText = `${model}: the trial of the model gave ${helperEnd(answer)}`;
  if (answer.stage?.startsWith(EMBEDDING))
    return new PreflightError(
      `${errorText}, so every batch would hang; re-export the model, or raise --stall-timeout if it is merely slow`,
    );
  return new NoAnswerError(
    `${errorText}. Nothing was begun. If reading the model takes that long, raise --stall-timeout; else see whether the machine still starts processes and threads (ulimit -u), and whether the model's disk answers`,
  );
}
