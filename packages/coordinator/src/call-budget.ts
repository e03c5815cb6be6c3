import type { BudgetShare } from './messages.js';

/** The token budget of a model call, padding included. It shrinks after memory ran out, then grows back. */
export class CallBudget {
  readonly #whole: number;
  readonly #climbAfter: number;
  #tokens: number;
  #goodCalls = 0;

  /**
   * @param whole the token budget of the run's batches.
   * @param share how much of it a call may use; undefined: all.
   */
  constructor(whole: number, share: BudgetShare | undefined) {
    this.#whole = whole;
    this.#climbAfter = share?.climbAfter ?? 0;
    this.#tokens = share === undefined ? whole : share.halvings === null ? 0 : whole / 2 ** share.halvings;
  }

  /** Tokens a call may have; a single sequence may exceed it. Infinity: batches are embedded as planned. */
  get tokens(): number {
    return this.#tokens >= this.#whole ? Number.POSITIVE_INFINITY : this.#tokens;
  }

  /** A call with this many tokens succeeded. After enough successes the budget doubles. */
  passed(tokens: number): void {
    if (this.tokens === Number.POSITIVE_INFINITY || ++this.#goodCalls < this.#climbAfter) return;
    this.#goodCalls = 0;
    this.#tokens = 2 * Math.max(this.#tokens, tokens);
  }
}
