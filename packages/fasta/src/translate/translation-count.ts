/** Which frames become rows: those without a stop, all six, or the open reading frames in them. */
export type Frames = 'open' | 'all' | 'orfs';

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
  if (count.first_without_row.length < NAMED) count.first_without_row.push(id);
}
