import type { BudgetShare } from './messages.js';

<<<<<<< HEAD
/**
 * How many tokens a model call may have, padding included: fewer than planned after an out-of-memory, then
 * more again.
 */
=======
/** The token budget of a model call, padding included. It shrinks after memory ran out, then grows back. */
>>>>>>> lead/main
export class CallBudget {
  readonly #whole: number;
  readonly #climbAfter: number;
  #tokens: number;
  #goodCalls = 0;

  /**
<<<<<<< HEAD
   * @param whole tokens that the run's batches were planned with.
   * @param share how much of it may be used; undefined: all.
=======
   * @param whole the token budget of the run's batches.
   * @param share how much of it a call may use; undefined: all.
>>>>>>> lead/main
   */
  constructor(whole: number, share: BudgetShare | undefined) {
    this.#whole = whole;
    this.#climbAfter = share?.climbAfter ?? 0;
    this.#tokens = share === undefined ? whole : share.halvings === null ? 0 : whole / 2 ** share.halvings;
  }

<<<<<<< HEAD
  /** Tokens a call may have; a single sequence may have more. Infinity: batches are embedded as planned. */
=======
  /** Tokens a call may have; a single sequence may exceed it. Infinity: batches are embedded as planned. */
>>>>>>> lead/main
  get tokens(): number {
    return this.#tokens >= this.#whole ? Number.POSITIVE_INFINITY : this.#tokens;
  }

<<<<<<< HEAD
  /** A call of this many tokens succeeded; after enough of them the budget doubles. */
=======
  /** A call with this many tokens succeeded. After enough successes the budget doubles. */
>>>>>>> lead/main
  passed(tokens: number): void {
    if (this.tokens === Number.POSITIVE_INFINITY || ++this.#goodCalls < this.#climbAfter) return;
    this.#goodCalls = 0;
    this.#tokens = 2 * Math.max(this.#tokens, tokens);
  }
}
