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
  /** Only for Kubernetes: the container image. */
  image?: string | undefined;
  /** Only for Kubernetes: the PersistentVolumeClaim, as `NAME` or `NAME:PATH`. */
  claim?: string | undefined;
  /** Only for Kubernetes. */
  namespace?: string | undefined;
  /** Only for Kubernetes: memory of a task, such as `16Gi`. */
  memory?: string | undefined;
  /** Plan and print; submit nothing. */
  dryRun: boolean;
  /** Return when the join has ended. */
  wait: boolean;
}
