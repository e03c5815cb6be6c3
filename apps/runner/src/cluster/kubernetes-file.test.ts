import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layout, type RunRecord } from '@holdfast/run-folder';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { UsageError } from '../errors.js';
import type { SubmitOptions } from '../submit-options.js';
import type { PlannedWork, planWork } from './plan-work.js';
import { submit } from './submit.js';

const out = mkdtempSync(join(tmpdir(), 'kubernetes-'));
const asked = (more: Partial<SubmitOptions> = {}): SubmitOptions => ({
  embed: {
    inputs: ['a.fa'],
    out,
    model: 'tnf',
    format: 'safetensors',
    forceRestart: false,
    graceSec: 45,
  },
  engine: 'kubernetes',
  image: 'registry.example/holdfast:1',
  claim: 'shared:/',
  sbatchArgs: [],
  dryRun: true,
  wait: false,
  ...more,
});

/** Submits with nothing of Slurm at hand. @returns what is printed. */
async function printed(options: SubmitOptions, left = 12): Promise<string> {
  const lines: string[] = [];
  const none = async () => {
    throw new Error('Slurm was asked');
  };
  const plan: typeof planWork = async () =>
    ({
      place: layout(out),
      record: { fingerprint: 'f'.repeat(64) } as RunRecord,
      resumed: false,
      shards: 12,
      left: Array.from({ length: left }, (_, shard) => shard),
      finished: false,
      [Symbol.asyncDispose]: async () => undefined,
    }) satisfies PlannedWork;
  const context = {
    slurm: { submit: none, queue: none, onNode: none, ended: none, cancel: none },
    holdfast: [],
    report: () => undefined,
    print: (line: string) => void lines.push(line),
    stop: { signal: new AbortController().signal },
    plan,
  };
  expect(await submit(options, context)).toBe(0);
  return `${lines.join('\n')}\n`;
}

test('what is printed is what is kept, and can be applied', async () => {
  const text = await printed(asked({ cpusPerTask: 2, maxConcurrent: 2, namespace: 'lab', memory: '4Gi' }));
  expect(readFileSync(join(out, 'cluster', 'kubernetes.yaml'), 'utf8')).toBe(text);
  const [work, joining] = parseAllDocuments(text).map((document) => document.toJS());
  expect(work).toMatchObject({
    metadata: { namespace: 'lab' },
    // One task for four shards.
    spec: { completions: 3, parallelism: 2 },
  });
  expect(work.metadata.name).toMatch(/^holdfast-[0-9a-f]{12}$/);
  expect(work.spec.template.spec).toMatchObject({
    terminationGracePeriodSeconds: 75,
    containers: [
      {
        command: ['holdfast', 'work', out],
        resources: { requests: { cpu: '2' }, limits: { memory: '4Gi' } },
      },
    ],
  });
  expect(joining.spec.template.spec.containers[0].command).toEqual(['holdfast', 'join', out]);
});

test('a task with GPUs has a worker for each, and asks for them', async () => {
  const [work] = parseAllDocuments(await printed(asked({ gpusPerTask: 2, tasks: 5 }))).map((each) =>
    each.toJS(),
  );
  expect(work.spec.completions).toBe(5);
  expect(work.spec.template.spec.containers[0].resources).toEqual({
    requests: { cpu: '2' },
    limits: { 'nvidia.com/gpu': 2 },
  });
});

test.each([
  [{ dryRun: false }, '--engine kubernetes only renders what to apply; add --dry-run'],
  [{ image: undefined }, '--engine kubernetes needs --image'],
  [{ claim: undefined }, '--engine kubernetes needs --claim'],
  [{ claim: 'shared:/elsewhere' }, `${out} is not on the volume of the claim shared`],
  [{ claim: 'shared:data' }, 'must be absolute'],
  [{ claim: 'Shared:/' }, 'volume.claim'],
  [{ partition: 'low' }, '--partition is an option of Slurm'],
  [{ time: '1:00:00' }, '--time is an option of Slurm'],
  [{ sbatchArgs: ['--account=lab'] }, '--sbatch-arg is an option of Slurm'],
  [{ wait: true }, '--wait is an option of Slurm'],
  [{ engine: 'slurm' as const }, '--image is an option of Kubernetes; add --engine kubernetes --dry-run'],
])('what does not fit the engine is refused before the plan: %j', async (change, message) => {
  const attempt = printed(asked(change));
  await expect(attempt).rejects.toThrow(message);
  await expect(attempt).rejects.toBeInstanceOf(UsageError);
});
