import { z } from 'zod';
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
/** Words are runs of characters of one kind: two neighbours show whether one ends. */
const wordsByKind = z.looseObject({ type: z.enum(['Whitespace', 'WhitespaceSplit']) });
const merge = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((pair) => pair.split(' ') as [string, string]),
]);

const plain = z.looseObject({
  normalizer: z.null().optional(),
  pre_tokenizer: wordsByKind.nullish(),
  // Cut out of the text first; none can be among residues.
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

/** Reads them; undefined for every other tokenizer. */
export function plainMerges({ definition, config }: TokenizerFiles): PlainMerges | undefined {
  const { data } = plain.safeParse(definition);
  if (data === undefined || !plainConfig.safeParse(config).success) return undefined;
  const { merges, vocab, unk_token: unknown } = data.model;
  let longest = 1;
  for (const [left, right] of merges) {
    const product = left + right;
    // Else a token that is unknown could be of any length.
    if (!Object.hasOwn(vocab, product)) return undefined;
    longest = Math.max(longest, product.length);
  }
  return { longest, unknown };
}

/** Boundaries that are looked at before more text is asked for. */
const TRIES = 8;

/**
 * How many tokens of a text are the first ones of every text that begins with it, too.
 *
 * Byte-pair encoding merges the pair of lowest rank, of several the leftmost, until there is none. What merges among
 * neighbours hangs on nothing but them, as long as none merges with what is outside. So:
 * - neighbouring tokens of a text are, alone, the tokens of their part of it;
 * - the tokens of two texts are those of both together if the last of the one and the first of the other stay two when alone.
 *
 * However a text goes on, it has a boundary between tokens in each stretch as long as the longest token, and so among the last
 * places of this text. Where, for each of these places, the tokens from a boundary up to there can follow what is before the
 * boundary, it is one in every such text, and what is before it stays.
 *
 * @param encode the tokens of a text, by their names.
 * @param tokens those of this text.
 * @param least fewer are of no use.
 * @returns 0 if it cannot be shown for `least`.
 */
export function settledTokens(
  encode: (text: string) => readonly string[],
  { longest, unknown }: PlainMerges,
  { text, tokens, least }: { text: string; tokens: readonly string[]; least: number },
): number {
  const lengthOf = (token: string) => (token === unknown ? 1 : token.length);
  let place = 0;
  const ends = tokens.map((token) => (place += lengthOf(token)));
  // White space makes no tokens.
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
