import type { Stop } from '../embed-options.js';
import type { Report } from '../events.js';
import type { planWork } from './plan-work.js';
import type { proveLocks } from './prove-locks.js';
import type { Slurm } from './slurm.js';

/** What `submit` needs from outside. */
export interface SubmitContext {
  slurm: Slurm;
  /** The command that starts Holdfast, as absolute paths. */
  holdfast: readonly string[];
  report: Report;
  /** Prints a line on standard output. */
  print(line: string): void;
  stop: Stop;
  /** Called once only waiting is left. */
  onWaiting?(): void;
  plan?: typeof planWork;
  prove?: typeof proveLocks;
}
