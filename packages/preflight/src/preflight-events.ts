import type { WaitingEvent } from '@holdfast/process';
import type { Enough } from './calibration/calibration.js';

/** What is told while model and device are tried, and batches measured. */
export type PreflightEvent =
  | WaitingEvent
  /** A process tries the model, or a device; it is given up after so many seconds without a word. */
  | { type: 'trying_model'; model: string; device: string; limit_seconds: number }
  | { type: 'trying_device'; device: string; limit_seconds: number }
  /** How many tokens suit a batch is being measured on a device, and was: what was tried, and why no larger one was. */
  | { type: 'calibrating'; device: string }
  | {
      type: 'calibrated';
      device: string;
      batch_tokens: number;
      reason: Enough;
      /** Tokens of a batch, and in a second; null where memory ran out. */
      measured: { tokens: number; tokens_per_second: number | null }[];
    }
  | { type: 'warning'; message: string };

export type ReportPreflight = (event: PreflightEvent) => void;
