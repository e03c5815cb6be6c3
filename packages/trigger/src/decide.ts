import { checkDecision } from './option-checks.js';

/** Why a checkpoint is due (the seed's words). */
export type TriggerReason = 'emergency_time_override' | 'sequence_threshold' | 'time_threshold';

/** Where the work stands since the last checkpoint. */
export interface Progress {
  /** Sequences embedded. */
  sequences: number;
  /** Seconds passed. */
  seconds: number;
  /** Bytes of rows that are not yet in a checkpoint, as far as they were told. */
  bytes: number;
}

/** When a checkpoint is due. */
export interface Thresholds {
  /** Sequences. */
  seqThreshold: number;
  /** Seconds. */
  timeThresholdSec: number;
  /** Seconds after which a checkpoint is due whatever else is said. */
  emergencyOverrideSec: number;
}

/** A rule that says why a checkpoint is due, or null while it is not. */
export type TriggerPolicy<Reason extends string = string> = (progress: Progress) => Reason | null;

/**
 * Whether a checkpoint is due, and why; the emergency is looked at first.
 *
 * @throws RangeError and TypeError for a number that is none, and for names that there are not.
 */
export function decide(progress: Omit<Progress, 'bytes'>, thresholds: Thresholds): TriggerReason | null {
  checkDecision(progress, thresholds);
  return reasonFor(progress, thresholds);
}

/** As `decide`, for numbers that were checked. */
export function reasonFor(
  progress: Omit<Progress, 'bytes'>,
  thresholds: Readonly<Thresholds>,
): TriggerReason | null {
  if (progress.seconds >= thresholds.emergencyOverrideSec) return 'emergency_time_override';
  if (progress.sequences >= thresholds.seqThreshold) return 'sequence_threshold';
  if (progress.seconds >= thresholds.timeThresholdSec) return 'time_threshold';
  return null;
}
