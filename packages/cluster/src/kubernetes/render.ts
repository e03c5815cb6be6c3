import { createRequire } from 'node:module';
import { joinJob, workJob } from './jobs.js';
import { type KubernetesWork, kubernetesWork } from './kubernetes-work.js';

/**
 * A file for `kubectl apply -f`: an Indexed Job whose pods run `holdfast work`, and a suspended Job that runs `holdfast join`.
 *
 * The format is the API of Kubernetes, `batch/v1`, from 1.29 on (https://kubernetes.io/docs/concepts/workloads/controllers/job/).
 *
 * @throws RangeError and TypeError for what cannot be rendered; see `kubernetesWork`.
 */
export function renderKubernetes(asked: KubernetesWork): string {
  const work = kubernetesWork(asked);
  // Loaded only here: it takes longer than most commands' start.
  const { Document } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  const documents: [object, string][] = [
    [workJob(work), aboutWork(work)],
    [joinJob(work), aboutJoin(work)],
  ];
  return documents
    .map(([job, about]) => {
      // Kubernetes reads YAML 1.1, where a bare `no` is false.
      const document = new Document(job, { aliasDuplicateObjects: false, compat: 'yaml-1.1' });
      document.commentBefore = about.replaceAll(/^(?=.)/gm, ' ');
      return document.toString({ lineWidth: 0 });
    })
    .join('---\n');
}

const kubectl = ({ namespace }: KubernetesWork) =>
  namespace === undefined ? 'kubectl' : `kubectl -n ${namespace}`;

const aboutWork = (work: KubernetesWork) => `\
Rendered by holdfast submit --engine kubernetes --dry-run.
It fits the published schema of Kubernetes. It was not run: try it with a small run first.

It needs Kubernetes 1.29 or newer, and a volume that many nodes may write (ReadWriteMany) whose
file system has locks that hold across nodes: see docs/clusters.md.

1. Start the tasks:
   ${kubectl(work)} apply -f FILE
2. When they have ended, start the join, which is suspended until then:
   ${kubectl(work)} wait --for=condition=complete --timeout=-1s job/${work.name}
   ${kubectl(work)} patch job ${work.name}-join --type=merge -p '{"spec":{"suspend":false}}'
   If a task failed for good, "wait" does not return: see "${kubectl(work)} describe job ${work.name}".
   Start the join nevertheless: other tasks may have done that work, and the join knows what is missing.
3. If shards are missing, delete both Jobs, and submit again: only those are computed.
   ${kubectl(work)} delete job ${work.name} ${work.name}-join`;

const aboutJoin = (work: KubernetesWork) => `\
Exit codes of the join: 0 complete; 2 it cannot start; 3 complete, but sequences are quarantined; 4 shards are missing.
Kubernetes shows all but 0 as failed:
  ${kubectl(work)} logs job/${work.name}-join`;
