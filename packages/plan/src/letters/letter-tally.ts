import type { Held, LetterCounts, Sequences } from './letter-counts.js';
import { GAPS, type LetterPlan, RESIDUE, STOP } from './letter-plan.js';

/** Most IDs kept of each kind. */
const FIRST = 5;

/** A sequence's letters before any is dropped or read as another. */
export interface SequenceLetters {
  /** How often each byte occurs; exact for notable bytes. */
  counts: Uint32Array;
  /** The classes of all its bytes. */
  classes: number;
  /** Letters, without gaps that are dropped. */
  residues: number;
  endsWithStop: boolean;
  longestStretch: number;
  id(): string;
}

const none = (): Held => ({ letters: 0, sequences: 0, first: [] });

/** Adds up the letters of sequences, in input order. */
export class LetterTally {
  readonly #plan: LetterPlan;
  readonly #unknown = new Map<number, Held>();
  readonly #counts: Omit<LetterCounts, 'unknown'>;
  readonly #withUnknown: Sequences = { sequences: 0, first: [] };

  constructor(plan: LetterPlan) {
    const { readAs, dropsFinalStop, dropsGaps, longestWord } = plan;
    this.#plan = plan;
    this.#counts = {
      ...(readAs && { read_as: { from: text(readAs.from), to: text(readAs.to), ...none() } }),
      final_stops: { dropped: dropsFinalStop, ...none() },
      other_stops: none(),
      gaps: { ...(dropsGaps && { dropped: true as const }), ...none() },
      without_residues: { sequences: 0, first: [] },
      ...(longestWord !== undefined && { long_words: { longest: longestWord, sequences: 0, first: [] } }),
    };
  }

  /** Adds a sequence with a notable letter, without a residue, or with too long a word. */
  add(sequence: SequenceLetters): void {
    const { counts, classes, residues, endsWithStop, longestStretch, id } = sequence;
    const { unknown: bytes, readAs, dropsFinalStop, longestWord } = this.#plan;
    const { read_as, final_stops, other_stops, gaps, without_residues, long_words } = this.#counts;
    const stops = counts[STOP]!;
    const final = endsWithStop && residues > 1 ? 1 : 0;
    if (read_as && readAs) hold(read_as, counts[readAs.from]!, id);
    hold(final_stops, final, id);
    hold(other_stops, stops - final, id);
    hold(
      gaps,
      GAPS.reduce((sum, gap) => sum + counts[gap]!, 0),
      id,
    );
    if ((classes & RESIDUE) === 0) note(without_residues, id);
    if (long_words && longestWord !== undefined && longestStretch > longestWord) note(long_words, id);
    let unknown = false;
    for (const byte of bytes) {
      const letters = counts[byte]! - (byte === STOP && dropsFinalStop ? final : 0);
      if (letters === 0) continue;
      unknown = true;
      if (!this.#unknown.has(byte)) this.#unknown.set(byte, none());
      hold(this.#unknown.get(byte)!, letters, id);
    }
    if (unknown) note(this.#withUnknown, id);
  }

  /** The counts so far. */
  get counts(): LetterCounts {
    const letters = [...this.#unknown].sort(([a], [b]) => a - b).map(([byte, held]) => [text(byte), held]);
    return { unknown: { ...this.#withUnknown, letters: Object.fromEntries(letters) }, ...this.#counts };
  }
}

function hold(held: Held, letters: number, id: () => string): void {
  if (letters === 0) return;
  held.letters += letters;
  note(held, id);
}

function note(sequences: Sequences, id: () => string): void {
  sequences.sequences++;
  if (sequences.first.length < FIRST) sequences.first.push(id());
}

const text = (byte: number) => String.fromCharCode(byte);
