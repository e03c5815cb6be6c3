import { counted, grouped } from '@holdfast/options';
import type { LetterCounts, Sequences } from './letter-counts.js';

/** A warning about a run's letters: a sentence and the counts behind it. */
export interface LetterWarning {
  message: string;
  facts: Partial<LetterCounts>;
}

/** What the warnings are about. */
export interface LetterContext {
  /** The model's name. */
  model: string;
  /** Sequences of the run. */
  sequences: number;
  /** What the model does with an unknown letter: reads it as a token of its own, counts no window that holds it, or does not count it. */
  reading: 'token' | 'windows' | 'letters';
  /** Whether an unknown letter makes its whole word unknown. */
  spreads: boolean;
  /** Whether a final stop is dropped although the model knows it. */
  stripped?: boolean;
}

/** What becomes of letters that a model does not know. */
const UNKNOWN: Readonly<Record<LetterContext['reading'], string>> = {
  token: 'each is read as an unknown token',
  windows: 'no window that holds one is counted',
  letters: 'they are not counted',
};

/** Warnings about letters that a model does not read as written; none if it reads them all. */
export function letterWarnings(counts: LetterCounts, context: LetterContext): LetterWarning[] {
  const { unknown, read_as, final_stops, other_stops, gaps, without_residues, long_words } = counts;
  const { model, reading, spreads, stripped } = context;
  const some = ({ sequences }: Sequences, verb: string) =>
    `${grouped(sequences)} of ${counted(context.sequences, 'sequence')} ${sequences === 1 ? `${verb}s` : verb}`;
  const warnings: LetterWarning[] = [];
  const report = (message: string, facts: Partial<LetterCounts>) => void warnings.push({ message, facts });

  if (read_as && read_as.letters > 0) {
    const { from, to, letters } = read_as;
    report(
      `${some(read_as, 'contain')} ${from}, ${grouped(letters)} in all, and each is read as ${to}, because ${model} knows ${to} but not ${from}: ${named(read_as)}; to keep them, add --keep-u --force-restart`,
      { read_as },
    );
  }
  if (final_stops.dropped && final_stops.sequences > 0) {
    report(
      `${some(final_stops, 'end')} with *, which is dropped${stripped ? '' : `, because ${model} does not know it`}: ${named(final_stops)}; to keep it, ${stripped ? 'leave out --strip-stop and add' : 'add --keep-stop'} --force-restart`,
      { final_stops },
    );
  }
  if (unknown.sequences > 0) {
    const letters = Object.entries(unknown.letters)
      .map(([letter, held]) => `${grouped(held.letters)} ${letter} in ${grouped(held.sequences)}`)
      .join(', ');
    const spread = spreads ? '; each makes its whole word unknown, known letters included' : '';
    report(
      `${some(unknown, 'contain')} letters that ${model} does not know (${letters}), and ${UNKNOWN[reading]}${spread}: ${named(unknown)}`,
      { unknown },
    );
  }
  const isKnown = (letter: string) => !(letter in unknown.letters);
  if (gaps.letters > 0 && gaps.dropped) {
    report(
      `${some(gaps, 'contain')} gaps, ${grouped(gaps.letters)} in all, which are left out: ${named(gaps)}; to keep them, add --keep-gaps --force-restart`,
      { gaps },
    );
  } else if (gaps.letters > 0 && isKnown('-') && isKnown('.')) {
    report(
      `${some(gaps, 'contain')} gaps, ${grouped(gaps.letters)} in all, which ${model} reads as letters: ${named(gaps)}; remove them if the model was trained on unaligned sequences`,
      { gaps },
    );
  }
  if (other_stops.letters > 0 && isKnown('*')) {
    report(
      `${some(other_stops, 'contain')} internal stops, ${grouped(other_stops.letters)} in all, which ${model} reads as letters: ${named(other_stops)}`,
      { other_stops },
    );
  }
  // Promise no row: any of these may yet be quarantined, and zeros are counted at the end.
  if (without_residues.sequences > 0) {
    const verb = without_residues.sequences === 1 ? 'is' : 'are';
    const then =
      reading === 'token' ? `but ${verb} still given to the model` : 'so there is nothing to count';
    report(
      `${some(without_residues, 'contain')} no definite residue that ${model} knows, ${then}: ${named(without_residues)}; a row of such a record says nothing about it`,
      { without_residues },
    );
  }
  if (long_words && long_words.sequences > 0) {
    report(
      `${some(long_words, 'contain')} more than ${grouped(long_words.longest)} letters in a row, which the tokenizer of ${model} reads as one unknown token: ${named(long_words)}; cut them, or choose another model`,
      { long_words },
    );
  }
  return warnings;
}

const named = ({ first, sequences }: Sequences) =>
  `${first.join(', ')}${sequences > first.length ? ', …' : ''}`;
