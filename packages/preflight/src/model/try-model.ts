import { debuglog } from 'node:util';
import {
  type Device,
  type FingerprintProof,
  formatDevice,
  type ModelOverrides,
  type ModelSource,
} from '@holdfast/gpu-runtime';
import { type Answer, askProcess, exportedScript, helperEnd, waitingEvent } from '@holdfast/process';
import { NoAnswerError, PreflightError } from '../preflight-error.js';
import type { ReportPreflight } from '../preflight-events.js';
import { KeptVerdicts, trialPlace } from './kept-verdict.js';
import { EMBEDDING, type Verdict } from './refusal.js';

const debug = debuglog('holdfast:preflight');

/** The trial's request, passed as one JSON argument. */
export interface ModelTrial {
  model: string;
  overrides: ModelOverrides | undefined;
  /** Of the model, so that its files need not be read again. */
  proof: FingerprintProof | undefined;
  /** Name of the device. */
  device: string;
}

export interface TryModelOptions {
  model: string;
  overrides: ModelOverrides | undefined;
  /** The model, resolved. */
  source: Pick<ModelSource, 'fingerprint' | 'proof'>;
  device: Device;
  /** Milliseconds without progress after which the trial is killed. */
  stallMs: number;
  signal: AbortSignal;
  report: ReportPreflight;
  /** The trial, and the folder of the cache; replaced by tests. */
  script?: string;
  cache?: string;
}

/**
 * Tests before a run whether a model embeds on the run's device. Only a session shows an unsupported opset, operator or shape, a
 * graph that takes only one batch shape, or one with fewer positions than described. It runs in a helper, since sessions leak.
 * A trial that ends without a report refuses nothing, but warns. A model that passed is not tried again on the same device with
 * the same versions.
 *
 * @throws PreflightError if the model is refused, or hangs; NoAnswerError if the trial gets no further than loading it; the
 * signal's reason.
 */
export async function tryModel(options: TryModelOptions): Promise<void> {
  const {
    model,
    overrides,
    source,
    stallMs,
    signal,
    report,
    script = exportedScript('@holdfast/preflight/model-trial', import.meta.url),
  } = options;
  const device = formatDevice(options.device);
  const { fingerprint, proof } = source;
  const place = await trialPlace(options.device);
  const verdicts = new KeptVerdicts(options.cache);
  const passedAt = place === null ? null : await verdicts.passedAt(fingerprint, place);
  if (passedAt !== null) {
    debug('%s passed its trial on %s at %s', model, device, passedAt);
    report({ type: 'model_passed_before', model, device, passed_at: passedAt });
    return;
  }
  report({ type: 'trying_model', model, device, limit_seconds: stallMs / 1000 });
  const trial: ModelTrial = { model, overrides, proof, device };
  const answer = await askProcess<Verdict>(script, JSON.stringify(trial), {
    signal,
    limitMs: stallMs,
    onWaiting: (waiting) => report(waitingEvent(`the trial of the model ${model} on ${device}`, waiting)),
  });
  debug('trial of %s on %s: %j', model, device, answer.report ?? answer.failure);
  if (answer.report?.refused) throw new PreflightError(answer.report.refused);
  if (answer.report?.passed && place !== null) await verdicts.keep(fingerprint, place);
  if (answer.report !== undefined) return;
  if (answer.failure?.silentMs !== undefined) throw silent(options, answer);
  const message = `could not test the model on ${device}: ${helperEnd(answer)}; the workers will show whether it works`;
  report({ type: 'warning', message });
}

/** The error for a silent trial: a hang while embedding is the model's fault, an earlier one may be the machine's. */
function silent({ model }: TryModelOptions, answer: Answer<Verdict>): Error {
  const errorText = `${model}: the trial of the model gave ${helperEnd(answer)}`;
  if (answer.stage?.startsWith(EMBEDDING))
    return new PreflightError(
      `${errorText}, so every batch would hang; re-export the model, or raise --stall-timeout if it is merely slow`,
    );
  return new NoAnswerError(
    `${errorText}. Nothing was started. If reading the model takes that long, raise --stall-timeout; otherwise check whether the machine can still start processes and threads (ulimit -u), and whether the model's disk responds`,
  );
}
