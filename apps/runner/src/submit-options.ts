import type { EmbedOptions } from './embed-options.js';

/** What `holdfast submit` is asked to do. */
export interface SubmitOptions {
  /** What the tasks compute. */
  embed: EmbedOptions;
  engine: 'slurm' | 'kubernetes';
  /** Tasks of the array job. Default: one for four shards of each slot. */
  tasks?: number | undefined;
  maxConcurrent?: number | undefined;
  partition?: string | undefined;
  gpusPerTask?: number | undefined;
  cpusPerTask?: number | undefined;
  /** As `sbatch --time` takes it. */
  time?: string | undefined;
  sbatchArgs: readonly string[];
  /** Plan and print; submit nothing. */
  dryRun: boolean;
  /** Return when the join has ended. */
  wait: boolean;
}
