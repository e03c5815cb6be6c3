import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectoryDurably, systemErrorCode, writeFileDurably } from '@holdfast/durable';
import { formatChecked, type Layout, parseChecked } from '@holdfast/run-folder';
import * as z from '@holdfast/schema';

const schema = z.object({
  format: z.literal(1),
  /** The run's fingerprint. */
  run: z.string(),
  engine: z.literal('slurm'),
  /** The names under which its jobs are in the queue. */
  names: z.object({ array: z.string(), join: z.string() }),
  /** All that were submitted, oldest first. */
  jobs: z.array(
    z.object({
      id: z.string(),
      role: z.enum(['array', 'join']),
      /** When it was submitted, ISO 8601. */
      at: z.string(),
    }),
  ),
});

/** `cluster/jobs.json`: the jobs that were submitted for a run. */
export type JobsRecord = Omit<z.infer<typeof schema>, 'format'>;

export async function writeJobs({ jobs }: Pick<Layout, 'jobs'>, record: JobsRecord): Promise<void> {
  await makeDirectoryDurably(dirname(jobs));
  await writeFileDurably(jobs, formatChecked({ format: 1, ...record }));
}

/** Null if there is none, or it is damaged: the queue is then asked by the jobs' names. */
export async function readJobs({ jobs }: Pick<Layout, 'jobs'>): Promise<JobsRecord | null> {
  const text = await readFile(jobs, 'utf8').catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const { value, checked } = parseChecked(text);
    if (!checked) return null;
    const { format: _, ...record } = schema.parse(value);
    return record;
  } catch {
    return null;
  }
}
