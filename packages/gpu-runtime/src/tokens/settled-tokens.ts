import * as z from '@holdfast/schema';
import type { TokenizerFiles } from './tokenizer-files.js';

/** Plain byte-pair encoding, as a tokenizer's files describe it. */
export interface PlainMerges {
  /** Characters of the longest token. */
  longest: number;
  /** The token of a character that the vocabulary lacks. */
  unknown: string;
}

const none = z.union([z.literal(''), z.null()]).optional();
const no = z.union([z.literal(false), z.literal(0), z.null()]).optional();
/** A word is a stretch of characters of one kind, so two neighbours show whether one ends. */
const wordsByKind = z.looseObject({ type: z.enum(['Whitespace', 'WhitespaceSplit']) });
const merge = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((pair) => pair.split(' ') as [string, string]),
]);

const plain = z.looseObject({
  normalizer: z.null().optional(),
  pre_tokenizer: wordsByKind.nullish(),
  // Added tokens are cut out of the text first; these cannot occur among residues.
  added_tokens: z.array(z.looseObject({ content: z.string().regex(/[[\]<>|]/) })).default([]),
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.record(z.string(), z.int()),
    merges: z.array(merge),
    unk_token: z.string(),
    fuse_unk: no,
    byte_fallback: no,
    ignore_merges: no,
    dropout: no,
    continuing_subword_prefix: none,
    continuing_subword_suffix: none,
    end_of_word_suffix: none,
  }),
});
const plainConfig = z.looseObject({ remove_space: no, do_lowercase_and_remove_accent: no });

/** Reads a tokenizer's merges; undefined if it is not plain byte-pair encoding. */
export function plainMerges({ definition, config }: TokenizerFiles): PlainMerges | undefined {
  const { data } = plain.safeParse(definition);
  if (data === undefined || !plainConfig.safeParse(config).success) return undefined;
  const { merges, vocab, unk_token: unknown } = data.model;
  let longest = 1;
  for (const [left, right] of merges) {
    const product = left + right;
    // Otherwise an unknown token could have any length.
    if (!Object.hasOwn(vocab, product)) return undefined;
    longest = Math.max(longest, product.length);
  }
  return { longest, unknown };
}

/** Boundaries to check before asking for more text. */
const TRIES = 8;

/**
 * How many leading tokens of a text stay the same however the text continues.
 *
 * Byte-pair encoding merges the pair of lowest rank, leftmost first, until no pair is left. Merges within a
 * stretch depend only on that stretch, as long as none crosses its edges. Therefore:
 * - adjacent tokens of a text are also the tokens of their stretch encoded alone;
 * - the tokens of two texts are the tokens of their concatenation if the last token of the first and the
 *   first token of the second stay separate when only these two are encoded.
 *
 * However the text continues, every stretch as long as the longest token contains a token boundary, so one of
 * the last positions of this text is a boundary. A candidate boundary is settled if, for each such position,
 * the tokens between candidate and position can follow the token before the candidate. Then it is a boundary
 * in every continuation, and all tokens before it stay.
 *
 * @param encode returns the tokens of a text, by name.
 * @param tokens the tokens of this text.
 * @param least fewest tokens that are useful.
 * @returns 0 if fewer than `least` are proved to be settled.
 */
export function settledTokens(
  encode: (text: string) => readonly string[],
  { longest, unknown }: PlainMerges,
  { text, tokens, least }: { text: string; tokens: readonly string[]; least: number },
): number {
  const lengthOf = (token: string) => (token === unknown ? 1 : token.length);
  let place = 0;
  const ends = tokens.map((token) => (place += lengthOf(token)));
  // A mismatch means white space, which makes no tokens.
  if (place !== text.length) return 0;
  let tries = TRIES;
  for (let settled = tokens.length; settled >= least && tries > 0; settled--) {
    const boundary = ends[settled - 1]!;
    if (text.length - boundary < 2 * longest) continue;
    if (isSettled(boundary, lengthOf(tokens[settled - 1]!))) return settled;
    tries--;
  }
  return 0;

  function isSettled(boundary: number, before: number): boolean {
    const known = new Set<number>();
    for (let end = text.length; end > text.length - longest; end--) {
      const after = lengthOf(encode(text.slice(boundary, end))[0]!);
      if (known.has(after)) continue;
      const both = encode(text.slice(boundary - before, boundary + after));
      if (both.length !== 2 || lengthOf(both[0]!) !== before) return false;
      known.add(after);
    }
    return true;
  }
}
