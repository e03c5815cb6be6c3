import { join } from 'node:path';
import { type RenderedJob, sbatchLine } from '@holdfast/cluster';
import { makeDirectoryDurably, writeFileDurably } from '@holdfast/durable';
import { counted } from '@holdfast/options';
import { ExitCode } from '../exit-codes.js';
import type { SubmitOptions } from '../submit-options.js';
import type { JobNames } from './job-names.js';
import { kubernetesFile } from './kubernetes-file.js';
import type { PlannedWork } from './plan-work.js';
import { type JobBase, type Planned, rendered, scriptOf, writeScript } from './slurm-jobs.js';

/** Writes the scripts and shows how they would be submitted. */
export async function showJobs(
  options: SubmitOptions,
  base: JobBase,
  { planned, names, print }: { planned: Planned; names: JobNames; print(line: string): void },
): Promise<number> {
  const jobs = rendered(options, base, { planned, names });
  const place = { ...planned.place, cluster: join(base.dir, 'cluster') };
  await makeDirectoryDurably(place.cluster);
  // Slurm opens logs only in a folder that is there.
  await makeDirectoryDurably(planned.place.logs);
  const show = async (role: 'task' | 'join', job: RenderedJob) => {
    const path = await writeScript(scriptOf(place, role), job);
    print(`# ${path}`);
    for (const line of job.script.trimEnd().split('\n')) print(line);
    print('');
    return sbatchLine(job, path);
  };
  const lines = [];
  if (planned.left.length > 0) lines.push(`array=$(${await show('task', jobs.array)})`);
  const last = await show('join', jobs.join(planned.left.length > 0 ? ['ARRAY'] : []));
  lines.push(last.replace('--dependency=afterany:ARRAY', '--dependency=afterany:"$array"'));
  print(
    `# ${counted(planned.left.length, 'shard')} of ${planned.shards} left; nothing was submitted. It would be:`,
  );
  for (const line of lines) print(line);
  return ExitCode.complete;
}

/** Writes and shows the file for Kubernetes. */
export async function showKubernetes(
  options: SubmitOptions,
  { dir, fingerprint, planned }: { dir: string; fingerprint: string; planned: PlannedWork },
  print: (line: string) => void,
): Promise<number> {
  const text = kubernetesFile(options, { dir, fingerprint, left: planned.left.length });
  await makeDirectoryDurably(planned.place.cluster);
  await writeFileDurably(join(planned.place.cluster, 'kubernetes.yaml'), text);
  for (const line of text.trimEnd().split('\n')) print(line);
  return ExitCode.complete;
}
