import { Job } from 'kubernetes-models/batch/v1/Job';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { parseClaim } from './claim-mount.js';
import type { KubernetesWork } from './kubernetes-work.js';
import { renderKubernetes } from './render.js';
import { slurmOnly } from './slurm-only.js';

const WORK: KubernetesWork = {
  name: 'proteins',
  folder: '/data/out',
  tasks: 200,
  maxConcurrent: 50,
  image: 'registry.example/holdfast:1',
  volume: { claim: 'shared', path: '/data' },
  reads: ['/data/proteins.faa'],
  cpus: 4,
  memory: '16Gi',
  gpus: 1,
  graceSec: 30,
};

// biome-ignore lint/suspicious/noExplicitAny: as a reader of YAML sees it.
const parsed = (text: string): any[] =>
  parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS();
  });
const changed = (change: object) => ({ ...WORK, ...change }) as KubernetesWork;
const rendered = (change = {}) => parsed(renderKubernetes(changed(change)));

/** By the validators that are generated from the OpenAPI document of Kubernetes. */
const validate = (job: ConstructorParameters<typeof Job>[0]) => new Job(job).validate();

test.each([
  ['all options', {}],
  ['no GPU, no memory, no limit of tasks', { gpus: 0, memory: undefined, maxConcurrent: undefined }],
  ['a namespace and a single task', { namespace: 'lab', tasks: 1 }],
])('both Jobs fit the published schema: %s', (_, change) => {
  const jobs = rendered(change);
  expect(jobs).toHaveLength(2);
  for (const job of jobs) validate(job);
});

test.each([
  ['completions', '200'],
  ['backoffLimitPerIndex', 'three'],
  ['maxFailedIndexes', [1]],
  ['suspend', 'yes'],
  ['podFailurePolicy', { rules: [{ action: 'Pardon' }] }],
  ['podFailurePolicy', { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In' } }] }],
  ['podFailurePolicy', {}],
  ['template', undefined],
  ['template', { spec: { containers: [{ image: 'without-a-name' }] } }],
  ['template', { spec: { containers: [], terminationGracePeriodSeconds: '60s' } }],
])('the schema refuses a Job with a wrong %s: %j', (field, wrong) => {
  const [work] = rendered();
  expect(() => validate({ ...work, spec: { ...work.spec, [field]: wrong } })).toThrow(field);
});

test('the tasks: an index that fails is retried, bad input is not, a disruption does not count', () => {
  const [{ metadata, spec }] = rendered({ namespace: 'lab' });
  expect(metadata).toMatchObject({ name: 'proteins', namespace: 'lab' });
  expect(spec).toMatchObject({
    completionMode: 'Indexed',
    completions: 200,
    parallelism: 50,
    backoffLimitPerIndex: 3,
    maxFailedIndexes: 100,
  });
  // The first rule that fits decides.
  expect(spec.podFailurePolicy.rules).toEqual([
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    { action: 'Ignore', onExitCodes: { containerName: 'holdfast', operator: 'In', values: [75] } },
    { action: 'FailIndex', onExitCodes: { containerName: 'holdfast', operator: 'In', values: [2] } },
  ]);
});

test('a pod runs the task, sees the volume, and has time to save', () => {
  const [{ spec }] = rendered();
  const pod = spec.template.spec;
  expect(pod).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 60 });
  expect(pod.containers[0]).toMatchObject({
    name: 'holdfast',
    image: 'registry.example/holdfast:1',
    command: ['holdfast', 'work', '/data/out'],
    env: [
      { name: 'HOSTNAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'HOLDFAST_TASKS', value: '200' },
    ],
    resources: {
      requests: { cpu: '4', memory: '16Gi' },
      limits: { memory: '16Gi', 'nvidia.com/gpu': 1 },
    },
    volumeMounts: [{ mountPath: '/data' }],
  });
  expect(pod.volumes).toEqual([
    { name: pod.containers[0].volumeMounts[0].name, persistentVolumeClaim: { claimName: 'shared' } },
  ]);
});

test('a task without limits asks for CPUs alone', () => {
  const [{ spec }] = rendered({ gpus: 0, memory: undefined });
  expect(spec.template.spec.containers[0].resources).toEqual({ requests: { cpu: '4' } });
});

test('the join waits until it is started, needs no GPU, and is not repeated for an answer that stays', () => {
  const [, { metadata, spec }] = rendered();
  expect(metadata.name).toBe('proteins-join');
  expect(spec).toMatchObject({ suspend: true, completions: 1 });
  expect(spec.podFailurePolicy.rules.at(-1)).toMatchObject({
    action: 'FailJob',
    onExitCodes: { values: [2, 3, 4] },
  });
  const [container] = spec.template.spec.containers;
  expect(container.command).toEqual(['holdfast', 'join', '/data/out']);
  expect(container.resources.limits).toEqual({ memory: '16Gi' });
});

test('the file says that it was not run, and the commands that start it', () => {
  const text = renderKubernetes(changed({ namespace: 'lab' }));
  expect(text).toContain('# It fits the published schema of Kubernetes. It was not run');
  expect(text).toContain('kubectl -n lab apply -f FILE');
  expect(text).toContain('kubectl -n lab wait --for=condition=complete --timeout=-1s job/proteins\n');
  expect(text).toContain('kubectl -n lab patch job proteins-join');
});

test('a text that YAML might read as something else stays a text', () => {
  const text = renderKubernetes(changed({ image: 'no', volume: { claim: '1e3', path: '/data' }, cpus: 0.5 }));
  for (const quoted of ['image: "no"', 'claimName: "1e3"', 'cpu: "0.5"', 'status: "True"'])
    expect(text).toContain(quoted);
});

test.each([
  ['name', { name: 'Proteins' }],
  ['name', { name: 'p'.repeat(47) }],
  ['name', { name: 'a-' }],
  ['tasks', { tasks: 100_001 }],
  ['tasks', { tasks: 0 }],
  ['folder', { folder: 'out' }],
  ['volume.claim', { volume: { claim: 'a_b', path: '/data' } }],
  ['memory', { memory: '16 GB' }],
  ['cpus', { cpus: 0 }],
  ['namespace', { namespace: 'a.b' }],
])('a wrong %s is refused by name: %j', (option, change) => {
  expect(() => renderKubernetes(changed(change))).toThrow(
    expect.objectContaining({ code: 'invalid_option', option }),
  );
});

test.each([
  [
    { folder: '/database/out' },
    /^\/database\/out is not on the volume of the claim shared.*--claim shared:PATH$/,
  ],
  [{ reads: ['/data/a', '/home/me/model'] }, /^\/home\/me\/model is not on the volume/],
])('what is not on the volume is refused: %j', (change, message) => {
  expect(() => renderKubernetes(changed(change))).toThrow(message);
});

test.each([
  ['shared', { claim: 'shared', path: '/data/out' }],
  ['shared:/data', { claim: 'shared', path: '/data' }],
  ['shared:/data/', { claim: 'shared', path: '/data' }],
  ['shared:/', { claim: 'shared', path: '/' }],
])('a claim is read: %s', (text, mount) => {
  expect(parseClaim(text, '/data/out')).toEqual(mount);
});

test('a claim whose path is not absolute is refused', () => {
  expect(() => parseClaim('shared:data', '/out')).toThrow('must be absolute, as in shared:/data');
});

test('an option that only Slurm knows is refused by name', () => {
  expect(slurmOnly(['--shards', '--partition'])).toMatch(/^--partition is an option of Slurm.*nodeSelector/);
  expect(slurmOnly(['--shards', '--max-concurrent'])).toBeNull();
  expect(slurmOnly(['constructor'])).toBeNull();
});
