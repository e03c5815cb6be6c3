/** The plan of one bucket. Places count from the start of the bucket. */
export interface BucketPlan {
  /** The sequence at each place of the plan: longest first, ties in input order. */
  order: Uint32Array;
  /** The place where each batch begins. */
  batches: number[];
  /** The cost of the batches: the sum of count × longest. */
  paddedTokens: number;
}

/**
 * Sorts a bucket's sequences by length and cuts them into batches. A batch is padded to its longest sequence,
 * so it costs count × longest tokens. It takes as many sequences as the budget allows; a sequence above the
 * budget is its own batch.
 *
 * @param tokens tokens of each sequence, in input order.
 * @param batchTokens token budget of a batch, padding included; above 0.
 */
export function planBucket(tokens: readonly number[], batchTokens: number): BucketPlan {
  const order = longestFirst(tokens);
  const batches: number[] = [];
  let paddedTokens = 0;
  for (let at = 0; at < order.length; ) {
    const longest = tokens[order[at]!]!;
    const fit = Math.max(1, Math.floor(batchTokens / longest));
    const count = Math.min(fit, order.length - at);
    batches.push(at);
    paddedTokens += count * longest;
    at += count;
  }
  return { order, batches, paddedTokens };
}

function longestFirst(tokens: readonly number[]): Uint32Array {
  const count = tokens.length;
  if (tokens.every((each, i) => i === 0 || each <= tokens[i - 1]!)) return Uint32Array.from(tokens.keys());
  let longest = 0;
  for (const each of tokens) longest = Math.max(longest, each);
  // Length and place in one number, so the native sort keeps ties in order. It stays far below 2^53, because
  // the residues of a bucket with several sequences are limited.
  const keys = Float64Array.from(tokens, (each, i) => (longest - each) * count + i).sort();
  return Uint32Array.from(keys, (key) => key % count);
}
