import { basename } from 'node:path';
import { NO_FRAME, noteWarnings, withoutGaps } from '@holdfast/fasta';
import { DEFAULT_MODEL, type LetterRules, type ModelSource } from '@holdfast/gpu-runtime';
import { counted, grouped } from '@holdfast/options';
import {
  type IndexSummary,
  type LetterContext,
  type LetterCounts,
  type LetterWarning,
  letterWarnings,
  NUCLEOTIDE_SAMPLE,
  nucleotideWarning,
  type SequenceIndex,
} from '@holdfast/plan';
import type { PrecisionCost } from '@holdfast/run-folder';
import type { Request } from './request.js';

/** Findings from planning the run, for the result record. */
export interface Findings {
  letters?: LetterCounts;
  /** What a lower precision costs. */
  precision?: PrecisionCost;
  /** The warnings that were reported. */
  warnings: readonly string[];
}

/** A warning, and the counts behind it if it is about letters. */
interface PlanWarning {
  message: string;
  facts?: LetterWarning['facts'];
}

/** Warnings about the model and the sequences that are known before anything is embedded. */
function planWarnings(
  { letters, sequences, translation }: IndexSummary & { letters: LetterCounts },
  model: ModelSource,
  { spreads, stripped }: Pick<LetterRules, 'spreads'> & { stripped: boolean },
): PlanWarning[] {
  const gaps = translation ? withoutGaps(translation) : null;
  const { name, notes = [] } = model;
  const reading = readingOf(model);
  return [
    ...notes.map((note) => ({ message: `the model ${name}: ${note}` })),
    ...(gaps === null ? [] : [{ message: gaps }]),
    ...letterWarnings(letters, { model: name, sequences, reading, spreads, stripped }),
  ];
}

/** What a model does with a letter that it does not know. */
function readingOf({ name, recipe, zeroRowMeaning }: ModelSource): LetterContext['reading'] {
  // A graph that makes rows itself, and describes its rows of zeros, ignores letters it does not know.
  if (recipe.output.pooling !== 'none' || zeroRowMeaning === undefined) return 'token';
  return name === DEFAULT_MODEL ? 'windows' : 'letters';
}

/** Warnings about what was left out of the inputs, or read in another way than it stands there. */
function inputWarnings({ skipped, renamed, notes, sequences }: IndexSummary, listed: string): string[] {
  // A warning of its own is about those without a frame.
  const { [NO_FRAME]: noFrame = 0, ...unusable } = skipped?.faults ?? {};
  const records = (skipped?.records ?? 0) - noFrame;
  const kinds = Object.entries(unusable).sort(([, a], [, b]) => b - a);
  const faults = kinds.map(([code, count]) => `${grouped(count)} ${code}`).join(', ');
  return [
    ...(records > 0
      ? [
          `${counted(records, 'record')} cannot be used and ${records === 1 ? 'is' : 'are'} left out (${faults})${listed}`,
        ]
      : []),
    ...(renamed
      ? [
          `${grouped(renamed.sequences)} of ${counted(sequences, 'sequence')} ${renamed.sequences === 1 ? 'has an ID that an earlier one has, and gets' : 'have an ID that an earlier one has, and get'} a suffix: ${renamed.first.join(', ')}${renamed.sequences > renamed.first.length ? ', …' : ''}`,
        ]
      : []),
    ...(notes ? noteWarnings(notes) : []),
  ];
}

/**
 * Reports what is known about the model and the sequences before anything is embedded.
 *
 * @param kept whether the table of records that were left out stays. Default true; that of a dry run does not.
 * @returns what belongs in the result record.
 */
export async function reportPlanWarnings(
  { model, options, place, letters: { rules, use }, report }: Request,
  index: Pick<SequenceIndex, 'summary' | 'firstResidues'>,
  { kept = true }: { kept?: boolean } = {},
): Promise<Findings> {
  const { summary } = index;
  // Versions that name the index in the run record also count letters; any other index is rebuilt.
  const letters = summary.letters!;
  const first = await index.firstResidues(NUCLEOTIDE_SAMPLE);
  const nucleotides = nucleotideWarning(first, model, {
    translated: options.translate !== undefined,
    meanLength: summary.residues / summary.sequences,
  });
  const warnings: PlanWarning[] = [
    ...inputWarnings(summary, kept ? `; listed in ${basename(place.skipped)}` : '').map((message) => ({
      message,
    })),
    ...planWarnings({ ...summary, letters }, model, { ...rules, stripped: use.final_stop === 'stripped' }),
    ...(nucleotides === null ? [] : [{ message: nucleotides }]),
  ];
  for (const { message, facts } of warnings)
    report({ type: 'warning', message, ...(facts && { letters: facts }) });
  return { letters, warnings: warnings.map(({ message }) => message) };
}
