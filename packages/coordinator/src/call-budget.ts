import type { BudgetShare } from './messages.js';

/**
 * How many tokens a model call may have, padding included: fewer than planned after an out-of-memory, then
 * more again.
 */
export class CallBudget {
  readonly #whole: number;
  readonly #climbAfter: number;
  #tokens: number;
  #goodCalls = 0;

  /**
   * @param whole tokens that the run's batches were planned with.
   * @param share how much of it may be used; undefined: all.
   */
  constructor(whole: number, share: BudgetShare | undefined) {
    this.#whole = whole;
    this.#climbAfter = share?.climbAfter ?? 0;
    this.#tokens = share === undefined ? whole : share.halvings === null ? 0 : whole / 2 ** share.halvings;
  }

  /** Tokens a call may have; a single sequence may have more. Infinity: batches are embedded as planned. */
  get tokens(): number {
    return this.#tokens >= this.#whole ? Number.POSITIVE_INFINITY : this.#tokens;
  }

  /** A call of this many tokens succeeded; after enough of them the budget doubles. */
  passed(tokens: number): void {
    if (this.tokens === Number.POSITIVE_INFINITY || ++this.#goodCalls < this.#climbAfter) return;
    this.#goodCalls = 0;
    this.#tokens = 2 * Math.max(this.#tokens, tokens);
  }
}
