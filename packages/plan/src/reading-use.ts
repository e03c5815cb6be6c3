import * as z from '@holdfast/schema';

/** How a run reads its records, where it is not by default. Stored in `run.json`; part of the run's fingerprint. */
export const readingUseSchema = z.object({
  /** Records that cannot be used are left out. */
  on_bad_record: z.literal('skip').exactOptional(),
  /** How the ID is found in a header: `whole`, or a regular expression. */
  id: z.string().exactOptional(),
  /** IDs that several records have get suffixes. */
  dedupe_ids: z.literal('suffix').exactOptional(),
});
export type ReadingUse = z.infer<typeof readingUseSchema>;

/** What a command asks for. */
export interface ReadingOptions {
  onBadRecord?: 'refuse' | 'skip';
  id?: string;
  dedupeIds?: 'refuse' | 'suffix';
}

const DEFAULT_ID = 'first-word';

/** The reading use of a new run; undefined if all is by default. */
export function readingUse({
  onBadRecord,
  id = DEFAULT_ID,
  dedupeIds,
}: ReadingOptions): ReadingUse | undefined {
  const use: ReadingUse = {
    ...(onBadRecord === 'skip' && { on_bad_record: onBadRecord }),
    ...(id !== DEFAULT_ID && { id }),
    ...(dedupeIds === 'suffix' && { dedupe_ids: dedupeIds }),
  };
  return Object.keys(use).length === 0 ? undefined : use;
}

/** The options by which a run with this use reads its records. */
export const readingOptions = ({ on_bad_record, id, dedupe_ids }: ReadingUse = {}): ReadingOptions => ({
  ...(on_bad_record && { onBadRecord: on_bad_record }),
  ...(id !== undefined && { id }),
  ...(dedupe_ids && { dedupeIds: dedupe_ids }),
});

/** The options that differ, each as "option: then → now". */
export function readingDifferences(then: ReadingUse = {}, now: ReadingUse = {}): string[] {
  const option = (name: string, before: string, after: string) =>
    before === after ? [] : [`${name}: ${before} → ${after}`];
  return [
    ...option('--on-bad-record', then.on_bad_record ?? 'refuse', now.on_bad_record ?? 'refuse'),
    ...option('--id', then.id ?? DEFAULT_ID, now.id ?? DEFAULT_ID),
    ...option('--dedupe-ids', then.dedupe_ids ?? 'refuse', now.dedupe_ids ?? 'refuse'),
  ];
}
