/** Which frames become rows: those without a stop, all six, or the open reading frames in them. */
export type Frames = 'open' | 'all' | 'orfs';

/**
 * The most bases of a read, two joined ends included. A longer record is a gene, a contig or a genome: stop codons are in all its
 * frames.
 */
export const LONGEST_READ = 600;

/** Most IDs that a warning lists. */
const NAMED = 5;

/** Counts of the translated records. */
export interface TranslationCount {
  frames: Frames;
  records: number;
  /** Records without a row, and their first IDs. */
  without_row: number;
  /**
   * How many of these are shorter than a codon, so they have no frame; absent in indexes of earlier versions.
   */
  too_short?: number;
  /** How many of these are longer than a read; absent if none is, and in indexes of earlier versions. */
  long_without_row?: number;
  first_without_row: string[];
  /** Gaps that were removed, how many records had some, and their first IDs; absent if there were none. */
  gaps?: { letters: number; records: number; first: string[] };
}

/** The count before the first record. */
export const countOf = (frames: Frames): TranslationCount => ({
  frames,
  records: 0,
  without_row: 0,
  too_short: 0,
  first_without_row: [],
});

/** Counts a record. @param bases its bases without gaps. @param rows how many rows it gave. */
export function countRecord(
  count: TranslationCount,
  id: string,
  { bases, gaps, rows }: { bases: number; gaps: number; rows: number },
): void {
  count.records++;
  if (gaps > 0) {
    count.gaps ??= { letters: 0, records: 0, first: [] };
    count.gaps.letters += gaps;
    count.gaps.records++;
    if (count.gaps.first.length < NAMED) count.gaps.first.push(id);
  }
  if (rows > 0) return;
  count.without_row++;
  if (bases < 3) count.too_short = (count.too_short ?? 0) + 1;
  if (bases > LONGEST_READ && count.frames === 'open')
    count.long_without_row = (count.long_without_row ?? 0) + 1;
  if (count.first_without_row.length < NAMED) count.first_without_row.push(id);
}
