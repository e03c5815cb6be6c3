import * as z from '@holdfast/schema';

const count = z.number().int().nonnegative();
const sequences = z.object({
  sequences: count,
  /** IDs of the first such sequences. */
  first: z.array(z.string()),
});
const held = sequences.extend({ letters: count });

/** Exact counts of letters that a model does not read as written, even past the model's limit. */
export const letterCountsSchema = z.object({
  /** Letters that the vocabulary lacks, as the model receives them. */
  unknown: sequences.extend({ letters: z.record(z.string(), held) }),
  /** Letters that are read as another letter; absent if there are none. */
  read_as: held.extend({ from: z.string(), to: z.string() }).exactOptional(),
  /** Sequences that end with `*` and have another residue before it. */
  final_stops: held.extend({ dropped: z.boolean() }),
  /** Every other `*`. */
  other_stops: held,
  /** `-` and `.`, whether or not the vocabulary has them. */
  gaps: held.extend({
    /** Present if they are left out. */
    dropped: z.literal(true).exactOptional(),
  }),
  /** Sequences of only unknown letters, gaps, stops and the letter for any residue (N, X). */
  without_residues: sequences,
  /**
   * Sequences with more letters in a row than the tokenizer reads as a word; absent if it has no such limit.
   */
  long_words: sequences.extend({ longest: count }).exactOptional(),
});
export type LetterCounts = z.infer<typeof letterCountsSchema>;
export type Held = z.infer<typeof held>;
export type Sequences = z.infer<typeof sequences>;
