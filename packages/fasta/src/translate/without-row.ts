import { counted, grouped } from '@holdfast/options';
import { LONGEST_READ, type TranslationCount } from './translation-count.js';

const SHORT = 'fewer bases than a codon';
const SOME = {
  open: 'a reading frame without a stop codon',
  orfs: 'an open reading frame of that length',
};
const NONE = {
  open: 'no reading frame without a stop codon',
  orfs: 'no open reading frame of that length',
};

/** Why a record has no row. @param bases its bases without gaps. */
export function whyNoRow(frames: TranslationCount['frames'], bases: number): string {
  return frames === 'all' || bases < 3 ? SHORT : NONE[frames];
}

/** The warning about records that gave no row, or null. @param table the file that lists them, if there is one. */
export function withoutRow(
  {
    frames,
    records,
    without_row: count,
    too_short: short = 0,
    long_without_row: long = 0,
    first_without_row: first,
  }: TranslationCount,
  table?: string,
): string | null {
  if (count === 0) return null;
  const some = short === 0 ? '' : ` (${grouped(short)} of them ${SHORT})`;
  const why = frames === 'all' || short === count ? SHORT : `${NONE[frames]}${some}`;
  const ids = `${first.join(', ')}${count > first.length ? ', …' : ''}`;
  const [have, they] = count === 1 ? ['has', 'it has'] : ['have', 'they have'];
  const listed = table === undefined ? '' : `; listed in ${table}`;
  // A few long records among reads are no reason to embed the reads otherwise.
  const advice = 2 * long > count ? forLong(long) : '';
  return `${ofAll(count, records)} ${have} ${why}, so ${they} no row: ${ids}${listed}${advice}`;
}

/** What embeds long records, whose frames all have stops. */
const forLong = (long: number): string =>
  long === 0
    ? ''
    : `; ${grouped(long)} of them ${long === 1 ? 'is' : 'are'} longer than a read (${LONGEST_READ} bases): for contigs and genomes, use --translate=orfs instead, with --force-restart`;

/** The warning about removed gaps, or null. */
export function withoutGaps({ records, gaps }: TranslationCount): string | null {
  if (gaps === undefined) return null;
  const ids = `${gaps.first.join(', ')}${gaps.records > gaps.first.length ? ', …' : ''}`;
  const contain = gaps.records === 1 ? 'contains' : 'contain';
  return `${ofAll(gaps.records, records)} ${contain} gaps, ${grouped(gaps.letters)} in all, which are removed before translation: ${ids}`;
}

const ofAll = (count: number, all: number) => `${grouped(count)} of ${counted(all, 'record')}`;

const ORFS = '--translate=orfs, which embeds the open reading frames of contigs and genomes';
const ALL = '--translate=all, which keeps all six frames';

/**
 * The fault and the remedy of an input without a row. More frames do not help records shorter than a codon.
 */
export function noRow({
  frames,
  records,
  too_short: short = 0,
  long_without_row: long = 0,
}: TranslationCount): string {
  if (frames === 'all' || short === records)
    return records === 1
      ? 'the only record is shorter than a codon (three bases); check the input'
      : `none of the ${grouped(records)} records is as long as a codon (three bases); check the input`;
  const some =
    short === 0 ? '' : ` (${grouped(short)} of them ${short === 1 ? 'has' : 'have'} ${SHORT}, so no frame)`;
  const remedy =
    frames === 'orfs'
      ? 'lower --min-orf, or choose another --orf-start or --genetic-code'
      : `use ${(long > 0 ? [ORFS, ALL] : [ALL, ORFS]).join(', or ')}; or split the records with --chunk`;
  const none =
    records === 1
      ? `the only record has ${NONE[frames]}`
      : `none of the ${grouped(records)} records has ${SOME[frames]}${some}`;
  return `${none}; ${remedy}`;
}
