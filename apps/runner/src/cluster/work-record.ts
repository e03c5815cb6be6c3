import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectoryDurably, systemErrorCode, writeFileDurably } from '@holdfast/durable';
import { formatChecked, type Layout, parseChecked } from '@holdfast/run-folder';
import * as z from '@holdfast/schema';
import { type EmbedOptions, isEmbedOptions } from '../embed-options.js';
import { UsageError } from '../errors.js';

const schema = z.object({
  format: z.literal(1),
  /** The run's fingerprint. */
  run: z.string(),
  /** What `holdfast embed` would be called with in `folder`. */
  options: z.custom<EmbedOptions>(isEmbedOptions),
  /** The working directory of the command that planned the run. */
  folder: z.string(),
  /** Workers of a task. */
  slots: z.number().int().positive(),
  /** Seconds of silence after which a task counts as dead. */
  lease_seconds: z.number().positive(),
});

/** `cluster/work.json`: what the tasks of a run on several machines do, and what joins their shards. */
export type WorkRecord = Omit<z.infer<typeof schema>, 'format'>;

export async function writeWork({ work }: Pick<Layout, 'work'>, record: WorkRecord): Promise<void> {
  await makeDirectoryDurably(dirname(work));
  await writeFileDurably(work, formatChecked({ format: 1, ...record }));
}

/** @throws UsageError if the folder holds no run that was planned for several machines, or the record of it is damaged. */
export async function readWork({ out, work }: Pick<Layout, 'out' | 'work'>): Promise<WorkRecord> {
  try {
    const { value, checked } = parseChecked(await readFile(work, 'utf8'));
    if (!checked) throw new Error('it has no checksum');
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new Error('a field is missing or wrong', { cause: parsed.error });
    const { format: _, ...record } = parsed.data;
    return record;
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(cause) ?? ''))
      throw new UsageError(
        `${out} holds no run that was planned for several machines; plan one with holdfast submit, or name the folder of one`,
        { cause },
      );
    if (systemErrorCode(cause) !== null) throw cause;
    throw new UsageError(
      `${work} is damaged (${(cause as Error).message}); type the line with holdfast submit again to write it anew`,
      { cause },
    );
  }
}
