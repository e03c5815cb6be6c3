import { z } from 'zod';

const count = z.number().int().nonnegative();
const sequences = z.object({
  sequences: count,
  /** IDs of the first of them. */
  first: z.array(z.string()),
});
const held = sequences.extend({ letters: count });

/** Letters that a model does not read as they stand, exactly; over whole sequences, whatever part of them the model takes. */
export const letterCountsSchema = z.object({
  /** Letters that the vocabulary lacks, as the model receives them. */
  unknown: sequences.extend({ letters: z.record(z.string(), held) }),
  /** Letters that were read as another; absent where none is. */
  read_as: held.extend({ from: z.string(), to: z.string() }).exactOptional(),
  /** Sequences that end with `*` and have something before it. */
  final_stops: held.extend({ dropped: z.boolean() }),
  /** Every other `*`. */
  other_stops: held,
  /** `-` and `.`, whether the vocabulary has them or not. */
  gaps: held,
  /** Sequences that hold nothing but unknown letters, gaps, stops and the letter for any residue (N, X). */
  without_residues: sequences,
  /** Sequences with more letters in a row than the tokenizer takes for a word; absent where it has no such limit. */
  long_words: sequences.extend({ longest: count }).exactOptional(),
});
export type LetterCounts = z.infer<typeof letterCountsSchema>;
export type Held = z.infer<typeof held>;
export type Sequences = z.infer<typeof sequences>;
