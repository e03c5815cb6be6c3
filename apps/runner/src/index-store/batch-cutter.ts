/**
 * Cuts sequences, in order, into batches for the model. A batch is padded to its longest sequence, so it costs
 * count × longest tokens; it takes sequences while that stays within the limit. A sequence beyond the limit stands alone.
 */
export class BatchCutter {
  readonly #batchTokens: number;
  #count = 0;
  #longest = 0;

  /** @param batchTokens most padded tokens of a batch; above 0. @throws RangeError if it is not. */
  constructor(batchTokens: number) {
    if (!(batchTokens > 0)) throw new RangeError(`batchTokens is ${batchTokens}; it must be above 0`);
    this.#batchTokens = batchTokens;
  }

  /** Takes the next sequence, and says whether it begins a batch. @param tokens its length in tokens. */
  begins(tokens: number): boolean {
    const longest = Math.max(this.#longest, tokens);
    if (this.#count > 0 && (this.#count + 1) * longest <= this.#batchTokens) {
      this.#count++;
      this.#longest = longest;
      return false;
    }
    this.#count = 1;
    this.#longest = tokens;
    return true;
  }
}
