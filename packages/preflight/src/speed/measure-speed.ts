import { debuglog } from 'node:util';
import type { FingerprintProof, ModelOverrides } from '@holdfast/gpu-runtime';
import {
  type Answer,
  askProcess,
  exportedScript,
  helperEnd,
  type Waiting,
  waitingEvent,
} from '@holdfast/process';
import type { DeviceShare } from '../device/device-share.js';
import type { ReportPreflight } from '../preflight-events.js';

const debug = debuglog('holdfast:preflight');

/** A batch to measure. */
export interface BatchSample {
  /** What it costs, as its plan counts. */
  tokens: number;
  /** Tokens of its longest sequence. */
  longest: number;
  sequences: readonly string[];
}

/** The trial's request, passed as one JSON argument. */
export interface SpeedTrial {
  model: string;
  overrides: ModelOverrides | undefined;
  /** Of the model, so that its files need not be read again. */
  proof?: FingerprintProof | undefined;
  /** The token budget of the run's batches. */
  batchTokens: number;
  device: string;
  threads: number;
  /** Environment variables that decide which device it is. */
  env: Record<string, string>;
  /** Path of a file with the batches as JSON. */
  sample: string;
  /** Seconds after which no further batch is measured. */
  seconds: number;
}

/** The trial's results so far: milliseconds of each measured batch, by its number. */
export interface SpeedReport {
  loadMs: number;
  times: Record<number, number>;
  /** The most bytes that the process held. */
  memory: number;
  failed: string | null;
}

/** What workers that ran side by side took. */
export interface MeasuredSpeed {
  /** Seconds until the model was loaded, from the start of the process. */
  loadSeconds: number;
  /** Seconds of each batch; null for one that was left out for lack of time. */
  seconds: readonly (number | null)[];
  /** The most bytes that one process held. */
  memory: number;
}

export interface MeasureSpeedOptions extends Omit<SpeedTrial, 'device' | 'threads' | 'env'> {
  /** How many batches the sample has. */
  batches: number;
  share: DeviceShare;
  /** Milliseconds without progress after which a trial is killed. */
  stallMs: number;
  signal: AbortSignal;
  report: ReportPreflight;
  /** The trial; replaced by tests. */
  script?: string;
}

/**
 * Measures how long batches take in as many processes as a run has workers, all at the same time: they share the memory and the
 * cores as workers do. Each is killed after it, so nothing of a session stays.
 *
 * @returns what they measured, or why nothing was.
 * @throws the signal's reason.
 */
export async function measureSpeed(options: MeasureSpeedOptions): Promise<MeasuredSpeed | string> {
  const {
    share,
    batches,
    stallMs,
    signal,
    report,
    script = exportedScript('@holdfast/preflight/speed-trial', import.meta.url),
    ...asked
  } = options;
  const { model, overrides, proof, batchTokens, sample, seconds } = asked;
  const begun = performance.now();
  const answers = await Promise.all(
    Array.from({ length: share.workers }, (_, slot) => {
      const env = definedIn(share.env(slot));
      const { device, threads } = share;
      const trial: SpeedTrial = {
        model,
        overrides,
        proof,
        batchTokens,
        device,
        threads,
        env,
        sample,
        seconds,
      };
      const onWaiting = (waiting: Waiting) => report(waitingEvent('the measurement of the speed', waiting));
      // The others take as long as the first.
      const options = { signal, limitMs: stallMs, ...(slot === 0 && { onWaiting }) };
      return askProcess<SpeedReport>(script, JSON.stringify(trial), options);
    }),
  );
  debug('measured in %d ms: %j', performance.now() - begun, answers);
  return speedOf(answers, batches);
}

/** The mean over the processes. @returns why nothing is known, if any of them failed. */
export function speedOf(answers: readonly Answer<SpeedReport>[], batches: number): MeasuredSpeed | string {
  const reports: SpeedReport[] = [];
  for (const answer of answers) {
    const { report } = answer;
    if (report?.times === undefined) return helperEnd(answer);
    if (report.failed !== null) return report.failed;
    reports.push(report);
  }
  return {
    loadSeconds: Math.max(...reports.map(({ loadMs }) => loadMs)) / 1000,
    seconds: Array.from({ length: batches }, (_, batch) => {
      const times = reports.flatMap(({ times }) => times[batch] ?? []);
      return times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0) / times.length / 1000;
    }),
    memory: Math.max(...reports.map(({ memory }) => memory)),
  };
}

const definedIn = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
