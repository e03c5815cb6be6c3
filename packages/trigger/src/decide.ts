import { above0, atLeast, checkOptions, object, required, type Shape } from '@holdfast/options';

/** Why a checkpoint is due (the seed's words). */
export type TriggerReason = 'emergency_time_override' | 'sequence_threshold' | 'time_threshold';

/** Progress since the last checkpoint. */
export interface Progress {
  /** Sequences embedded. */
  sequences: number;
  /** Seconds passed. */
  seconds: number;
  /** Bytes of rows not yet in a checkpoint, as far as the caller reported them. */
  bytes: number;
}

/** `decide` reads sequences and seconds; `bytes` is for rules that count them. */
const isProgress = object<Omit<Progress, 'bytes'> & Partial<Pick<Progress, 'bytes'>>>({
  sequences: required(atLeast(0, 'sequences')),
  seconds: required(atLeast(0, 'seconds')),
  bytes: atLeast(0, 'bytes'),
});

/** When a checkpoint is due. */
export interface Thresholds {
  /** Sequences. */
  seqThreshold: number;
  /** Seconds. */
  timeThresholdSec: number;
  /** Seconds after which a checkpoint is due whatever the other rules return. */
  emergencyOverrideSec: number;
}

/** Checks of the thresholds as options, each of which has a default. */
export const thresholdChecks: Shape<Partial<Thresholds>> = {
  seqThreshold: above0('sequences'),
  timeThresholdSec: above0('seconds'),
  emergencyOverrideSec: above0('seconds'),
};

const areThresholds = object<Thresholds>({
  seqThreshold: required(thresholdChecks.seqThreshold),
  timeThresholdSec: required(thresholdChecks.timeThresholdSec),
  emergencyOverrideSec: required(thresholdChecks.emergencyOverrideSec),
});

/** A rule that returns why a checkpoint is due, or null while it is not. */
export type TriggerPolicy<Reason extends string = string> = (progress: Progress) => Reason | null;

/**
 * Whether a checkpoint is due, and why; the emergency is checked first.
 *
 * @throws RangeError and TypeError for values that are not numbers, and for unknown names.
 */
export function decide(progress: Omit<Progress, 'bytes'>, thresholds: Thresholds): TriggerReason | null {
  checkOptions('decide', progress, isProgress, 'progress');
  checkOptions('decide', thresholds, areThresholds, 'thresholds');
  return reasonFor(progress, thresholds);
}

/** Like `decide`, for numbers that are already checked. */
export function reasonFor(
  progress: Omit<Progress, 'bytes'>,
  thresholds: Readonly<Thresholds>,
): TriggerReason | null {
  if (progress.seconds >= thresholds.emergencyOverrideSec) return 'emergency_time_override';
  if (progress.sequences >= thresholds.seqThreshold) return 'sequence_threshold';
  if (progress.seconds >= thresholds.timeThresholdSec) return 'time_threshold';
  return null;
}
