import type { TranslationCount } from './six-frame-sink.js';

const SHORT = 'fewer bases than a codon';

/** The warning about records that gave no row, or null. */
export function withoutRow({
  frames,
  records,
  without_row: count,
  too_short: short = 0,
  first_without_row: first,
}: TranslationCount): string | null {
  if (count === 0) return null;
  const some = short === 0 ? '' : ` (${short} of them ${SHORT})`;
  const why = frames === 'all' || short === count ? SHORT : `no reading frame without a stop codon${some}`;
  const ids = `${first.join(', ')}${count > first.length ? ', …' : ''}`;
  return `${count} of ${records} record(s) have ${why}, and so no row: ${ids}`;
}

/** The warning about gaps that were taken out, or null. */
export function withoutGaps({ records, gaps }: TranslationCount): string | null {
  if (gaps === undefined) return null;
  const ids = `${gaps.first.join(', ')}${gaps.records > gaps.first.length ? ', …' : ''}`;
  return `${gaps.records} of ${records} record(s) hold gaps, ${gaps.letters} in all, which are taken out before translation: ${ids}`;
}

/** The problem and the remedy for an input without a single row. More frames do not help records that are too short. */
export function noRow({ frames, records, too_short: short = 0 }: TranslationCount): string {
  if (frames === 'all' || short === records)
    return `none of ${records} record(s) is as long as a codon, three bases; check the input`;
  const some = short === 0 ? '' : ` (${short} of them have ${SHORT}, and no frame at all)`;
  return `none of ${records} record(s) has a reading frame without a stop codon${some}; take all frames with --translate all, or give shorter pieces`;
}
