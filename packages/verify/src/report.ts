import type { Fault } from './fault.js';
import type { CheckOutcome } from './findings.js';
import type { RepairReport } from './repair.js';

/** A fault, with what to type. */
export type ReportedFault = Omit<Fault, 'remedy'> & { remedy: string };

/** What `verify` found. Names are those of `--json`. */
export interface Report {
  format: 1;
  /** The folder, as it was given. */
  folder: string;
  /** The run's fingerprint; null if nothing says which run this is. */
  run: string | null;
  /** `complete`: there is a result. */
  state: 'complete' | 'unfinished' | 'unknown';
  /** Whether a run was at work there meanwhile; null if the system does not say. */
  at_work: boolean | null;
  /** Whether only sizes, markers and small records were looked at. */
  quick: boolean;
  /** Whether no fault was found, or `--repair` has dealt with each. */
  ok: boolean;
  /** Sequences of the run, and how many of them whole checkpoints hold; null if the index cannot be read, or was not needed. */
  sequences: number | null;
  sequences_done: number | null;
  checks: CheckOutcome[];
  /** The number of faults of each kind that has any. */
  fault_counts: Record<string, number>;
  /** The first 20 of each kind. */
  faults: ReportedFault[];
  notes: string[];
  /** What was not looked at, and why. */
  not_looked_at: string[];
  /** Null without `--repair`. */
  repair: RepairReport | null;
}
