import type { TranslationCount } from './six-frame-sink.js';

/** The warning about records that gave no row, or null. */
export function withoutRow({
  frames,
  records,
  without_row: count,
  first_without_row: first,
}: TranslationCount): string | null {
  if (count === 0) return null;
  const why = frames === 'open' ? 'no reading frame without a stop codon' : 'fewer bases than a codon';
  const ids = `${first.join(', ')}${count > first.length ? ', …' : ''}`;
  return `${count} of ${records} record(s) have ${why}, and so no row: ${ids}`;
}
