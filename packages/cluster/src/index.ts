export { type ClaimMount, parseClaim } from './kubernetes/claim-mount.js';
export { type KubernetesWork, kubernetesWork } from './kubernetes/kubernetes-work.js';
export { renderKubernetes } from './kubernetes/render.js';
export { SLURM_ONLY, slurmOnly } from './kubernetes/slurm-only.js';
