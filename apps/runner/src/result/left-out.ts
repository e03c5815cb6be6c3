import { NO_FRAME, withoutRow } from '@holdfast/fasta';
import type { ModelSource } from '@holdfast/gpu-runtime';
import { counted, grouped } from '@holdfast/options';
import { FILES, type IndexSummary } from '@holdfast/plan';

type Model = Pick<ModelSource, 'name' | 'maxResidues'>;

/**
 * Warnings about input that gets no row or is cut, known from the plan: reported first, and kept with the result.
 *
 * @param kept whether the table of such records stays. Default true; that of a dry run does not.
 */
export function leftOut(
  model: Model,
  summary: Pick<IndexSummary, 'truncated' | 'translation' | 'skipped'>,
  { kept = true }: { kept?: boolean } = {},
): string[] {
  return [withoutRows(summary, { kept }), cutOff(model, summary.truncated)].filter(
    (sentence) => sentence !== null,
  );
}

/** Warns about records without a row, because nothing in them could be translated; null if there are none. */
export function withoutRows(
  { translation, skipped }: Pick<IndexSummary, 'translation' | 'skipped'>,
  { kept = true }: { kept?: boolean } = {},
): string | null {
  if (translation === undefined) return null;
  // Indexes of earlier versions list no such records.
  const listed = kept && skipped?.faults[NO_FRAME] !== undefined;
  return withoutRow(translation, listed ? FILES.skipped : undefined);
}

/** Warns about sequences with more residues than the model reads; null if there are none. */
export function cutOff({ name, maxResidues }: Model, truncated: number): string | null {
  if (truncated === 0) return null;
  const [are, rest] = truncated === 1 ? ['is', 'of it'] : ['are', 'of each'];
  return `${counted(truncated, 'sequence')} ${are} longer than the ${grouped(maxResidues)} residues that ${name} takes, and the rest ${rest} is left out; to read it too, add --long-sequences windows --force-restart`;
}
