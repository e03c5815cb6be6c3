export { ClusterError } from './cluster-error.js';
export { type ClaimMount, parseClaim } from './kubernetes/claim-mount.js';
export { type KubernetesWork, kubernetesWork } from './kubernetes/kubernetes-work.js';
export { renderKubernetes } from './kubernetes/render.js';
export { SLURM_ONLY, slurmOnly } from './kubernetes/slurm-only.js';
export {
  type ArrayJob,
  type JobRole,
  type JoinJob,
  nodeArguments,
  type RenderedJob,
  type RunOnSlurm,
  renderArray,
  renderJoin,
  sbatchLine,
} from './slurm/array-job.js';
export { checkSbatchArgs } from './slurm/check-sbatch-args.js';
export { AGAIN, howToLeave, type Leave, type Leaving } from './slurm/how-to-leave.js';
export { jobName } from './slurm/job-name.js';
export { parseSubmitted, refusalOf } from './slurm/parse-submitted.js';
export { parseQueue, type QueuedJob, queueArguments, stuck } from './slurm/queue.js';
export { parseConfig, parseJob, parseJobs, type ShownJob, type SiteFacts } from './slurm/scontrol.js';
export { isShortLimit } from './slurm/time-limit.js';
export { type ToSubmit, taskCount, whatToSubmit } from './slurm/what-to-submit.js';
export { type Ended, endedLines, whyEnded, whyRestarted } from './slurm/why-ended.js';
