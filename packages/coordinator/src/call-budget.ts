import type { BudgetShare } from './messages.js';

/** How many tokens a model call may have, padding included: fewer than planned after memory ran out, and then more again. */
export class CallBudget {
  readonly #whole: number;
  readonly #climbAfter: number;
  #tokens: number;
  #goodCalls = 0;

  /**
   * @param whole tokens that the run's batches were planned with.
   * @param share what may be used of it; undefined: all of it.
   */
  constructor(whole: number, share: BudgetShare | undefined) {
    this.#whole = whole;
    this.#climbAfter = share?.climbAfter ?? 0;
    this.#tokens = share === undefined ? whole : share.halvings === null ? 0 : whole / 2 ** share.halvings;
  }

  /** Tokens that a call may have; a single sequence may have more. Infinity: batches are embedded as they were planned. */
  get tokens(): number {
    return this.#tokens >= this.#whole ? Number.POSITIVE_INFINITY : this.#tokens;
  }

  /** A call of so many tokens went well: after enough of them the budget is doubled. */
  passed(tokens: number): void {
    if (this.tokens === Number.POSITIVE_INFINITY || ++this.#goodCalls < this.#climbAfter) return;
    this.#goodCalls = 0;
    this.#tokens = 2 * Math.max(this.#tokens, tokens);
  }
}
