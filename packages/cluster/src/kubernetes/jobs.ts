import type { IJob } from 'kubernetes-models/batch/v1/Job';
import type { IPodSpec } from 'kubernetes-models/v1/PodSpec';
import type { KubernetesWork } from './kubernetes-work.js';

/** Seconds beyond the workers' grace: to commit the manifest, and for the kubelet. */
const MARGIN_SEC = 30;

/** How often Kubernetes starts a task again that failed for its own reasons. */
const RETRIES = 3;

const CONTAINER = 'holdfast';
const VOLUME = 'run';

/** Exit codes of the command; see docs/cli.md. */
const BAD_INPUT = 2;
const QUARANTINED = 3;
const INCOMPLETE = 4;
/** The task was asked to stop, and has saved its work. */
const TRY_AGAIN = 75;

type Rules = NonNullable<NonNullable<IJob['spec']>['podFailurePolicy']>['rules'];
type Rule = Rules[number];

const exitCodes = (action: Rule['action'], ...values: number[]): Rule => ({
  action,
  onExitCodes: { containerName: CONTAINER, operator: 'In', values },
});

/** A drained, preempted or evicted pod, and one that saved its work when asked to stop: neither has failed. */
const NO_FAILURE: Rules = [
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
  exitCodes('Ignore', TRY_AGAIN),
];

/** The Job whose pods are the tasks. */
export function workJob(work: KubernetesWork): IJob {
  const { tasks, maxConcurrent = tasks } = work;
  return {
    ...head(work, work.name),
    spec: {
      completionMode: 'Indexed',
      completions: tasks,
      parallelism: Math.min(tasks, maxConcurrent),
      backoffLimitPerIndex: RETRIES,
      // The other tasks do the work of one that fails. If more than half fail, the fault is the run's.
      maxFailedIndexes: Math.floor(tasks / 2),
      podFailurePolicy: { rules: [...NO_FAILURE, exitCodes('FailIndex', BAD_INPUT)] },
      template: { metadata: { labels: labels(work) }, spec: pod(work, 'work') },
    },
  };
}

/** The Job that joins the result. It is suspended, since one Job of Kubernetes cannot wait for another. */
export function joinJob(work: KubernetesWork): IJob {
  return {
    ...head(work, `${work.name}-join`),
    spec: {
      suspend: true,
      completions: 1,
      parallelism: 1,
      backoffLimit: RETRIES,
      // Trying these again would change nothing.
      podFailurePolicy: {
        rules: [...NO_FAILURE, exitCodes('FailJob', BAD_INPUT, QUARANTINED, INCOMPLETE)],
      },
      template: { metadata: { labels: labels(work) }, spec: pod({ ...work, gpus: 0 }, 'join') },
    },
  };
}

const head = (work: KubernetesWork, name: string) => ({
  apiVersion: 'batch/v1' as const,
  kind: 'Job' as const,
  metadata: {
    name,
    ...(work.namespace !== undefined && { namespace: work.namespace }),
    labels: labels(work),
  },
});

const labels = ({ name }: KubernetesWork) => ({
  'app.kubernetes.io/name': 'holdfast',
  'app.kubernetes.io/instance': name,
});

function pod(
  { folder, image, tasks, volume, cpus, memory, gpus = 0, graceSec }: KubernetesWork,
  command: string,
) {
  const limits = {
    ...(memory !== undefined && { memory }),
    ...(gpus > 0 && { 'nvidia.com/gpu': gpus }),
  };
  return {
    // The Job starts the next pod: a restart by the kubelet would not count as a failure.
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: graceSec + MARGIN_SEC,
    containers: [
      {
        name: CONTAINER,
        image,
        command: ['holdfast', command, folder],
        env: [
          // A task's name. By itself it would be the same for the next pod of an index, which could then not tell itself from the last.
          { name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'HOLDFAST_TASKS', value: `${tasks}` },
        ],
        resources: {
          requests: { cpu: `${cpus}`, ...(memory !== undefined && { memory }) },
          ...(Object.keys(limits).length > 0 && { limits }),
        },
        volumeMounts: [{ name: VOLUME, mountPath: volume.path }],
      },
    ],
    volumes: [{ name: VOLUME, persistentVolumeClaim: { claimName: volume.claim } }],
  } satisfies IPodSpec;
}
