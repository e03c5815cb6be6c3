import type { TranslationCount } from './translation-count.js';

const SHORT = 'fewer bases than a codon';
const SOME = {
  open: 'a reading frame without a stop codon',
  orfs: 'an open reading frame of that length',
};
const NONE = {
  open: 'no reading frame without a stop codon',
  orfs: 'no open reading frame of that length',
};

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
  const why = frames === 'all' || short === count ? SHORT : `${NONE[frames]}${some}`;
  const ids = `${first.join(', ')}${count > first.length ? ', …' : ''}`;
  const [have, they] = count === 1 ? ['has', 'it has'] : ['have', 'they have'];
  return `${count} of ${records} records ${have} ${why}, so ${they} no row: ${ids}`;
}

/** The warning about removed gaps, or null. */
export function withoutGaps({ records, gaps }: TranslationCount): string | null {
  if (gaps === undefined) return null;
  const ids = `${gaps.first.join(', ')}${gaps.records > gaps.first.length ? ', …' : ''}`;
  const contain = gaps.records === 1 ? 'contains' : 'contain';
  return `${gaps.records} of ${records} records ${contain} gaps, ${gaps.letters} in all, which are removed before translation: ${ids}`;
}

/**
 * The fault and the remedy of an input without a row. More frames do not help records shorter than a codon.
 */
export function noRow({ frames, records, too_short: short = 0 }: TranslationCount): string {
  if (frames === 'all' || short === records)
    return `none of ${records} records is as long as a codon (three bases); check the input`;
  const some = short === 0 ? '' : ` (${short} of them have ${SHORT}, so no frame)`;
  const remedy =
    frames === 'orfs'
      ? 'lower --min-orf, or choose another --orf-start or --genetic-code'
      : 'translate all frames with --translate all, or split the records with --chunk';
  return `none of ${records} records has ${SOME[frames]}${some}; ${remedy}`;
}
