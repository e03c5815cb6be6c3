import type { WaitingEvent } from '@holdfast/process';
import type { Enough } from './calibration/calibration.js';

/** What is reported while models and devices are tested, and the token budget is measured. */
export type PreflightEvent =
  | WaitingEvent
  /** A helper tests the model or a device; it is killed after this many seconds without progress. */
  | { type: 'trying_model'; model: string; device: string; limit_seconds: number }
  /** It passed earlier, on this device with these versions, so it is not tested again; ISO 8601. */
  | { type: 'model_passed_before'; model: string; device: string; passed_at: string }
  | { type: 'trying_device'; device: string; limit_seconds: number }
  /** The token budget is being measured on a device; then the result, and why no larger size was measured. */
  | { type: 'calibrating'; device: string }
  | {
      type: 'calibrated';
      device: string;
      batch_tokens: number;
      reason: Enough;
      /** Tokens per batch and per second; null if memory ran out. */
      measured: { tokens: number; tokens_per_second: number | null }[];
    }
  | { type: 'warning'; message: string };

export type ReportPreflight = (event: PreflightEvent) => void;
