import type { Cut } from '@holdfast/fasta';
import * as z from '@holdfast/schema';

/** The fields of a run record that say how records become sequences; all are absent if each record is one. */
export const cutFields = {
  /** Frames that were translated; absent without translation. */
  translate: z.enum(['open', 'all', 'orfs']).exactOptional(),
  /** NCBI's number; absent for the standard code. */
  genetic_code: z.number().int().positive().exactOptional(),
  /** How open reading frames were found: fewest amino acids, and where one may start. */
  orfs: z.object({ min: z.number().int().positive(), start: z.enum(['atg', 'code', 'any']) }).exactOptional(),
  /** How records were cut into chunks, in residues. */
  chunk: z
    .object({ residues: z.number().int().positive(), stride: z.number().int().positive().exactOptional() })
    .exactOptional(),
};

const schema = z.object(cutFields);
export type CutFields = z.infer<typeof schema>;

/** A cut as a run record has it. */
export function cutFieldsOf({ translate, chunk }: Cut): CutFields {
  return {
    ...(translate && { translate: translate.frames }),
    ...(translate && translate.code !== 1 && { genetic_code: translate.code }),
    ...(translate?.frames === 'orfs' && { orfs: { min: translate.min, start: translate.start } }),
    ...(chunk && { chunk }),
  };
}

/** Only the fields of the cut. */
export const pickCut = (fields: CutFields): CutFields => schema.parse(fields);

/** What the fields add to the list that a run's fingerprint is made of, behind `translate`. */
export function cutResults({ genetic_code, orfs, chunk }: CutFields): unknown[] {
  return [
    ...(genetic_code === undefined ? [] : [{ genetic_code }]),
    ...(orfs === undefined ? [] : [{ orfs: [orfs.min, orfs.start] }]),
    ...(chunk === undefined ? [] : [{ chunk: [chunk.residues, chunk.stride ?? null] }]),
  ];
}

/** The options that differ, each as "option: then → now". */
export function cutDifferences(then: CutFields, now: CutFields): string[] {
  const shown: readonly (readonly [string, (fields: CutFields) => string | number])[] = [
    ['--translate', ({ translate }) => translate ?? 'none'],
    ['--genetic-code', ({ genetic_code }) => genetic_code ?? 1],
    ['--min-orf', ({ orfs }) => orfs?.min ?? 'none'],
    ['--orf-start', ({ orfs }) => orfs?.start ?? 'none'],
    ['--chunk', ({ chunk }) => chunk?.residues ?? 'none'],
    ['--stride', ({ chunk }) => chunk?.stride ?? 'none'],
  ];
  // Without open reading frames on both sides, --translate says it all.
  const both = then.orfs !== undefined && now.orfs !== undefined;
  return shown
    .filter(([option]) => both || !['--min-orf', '--orf-start'].includes(option))
    .filter(([, of]) => of(then) !== of(now))
    .map(([option, of]) => `${option}: ${of(then)} → ${of(now)}`);
}

/** Whether two runs make the same sequences of the same records. */
export const sameCut = (one: CutFields, other: CutFields): boolean => cutDifferences(one, other).length === 0;
