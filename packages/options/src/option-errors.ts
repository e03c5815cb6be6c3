/** Fields of every refused option, beside the message. */
export interface RefusedOption {
  /** The function or class that refused it. */
  of: string;
  /** The option, such as `limits.depth` or `shards[1]`; empty for the options themselves. */
  option: string;
  given: unknown;
}

/** An option of another kind than wanted, such as a number for a function. */
export class OptionTypeError extends TypeError implements RefusedOption {
  readonly code = 'invalid_option';
  override readonly name = 'OptionTypeError';
  readonly of: string;
  readonly option: string;
  readonly given: unknown;

  constructor(message: string, { of, option, given }: RefusedOption) {
    super(message);
    this.of = of;
    this.option = option;
    this.given = given;
  }
}

/** An option that there is not, or that has a value it cannot have. */
export class OptionRangeError extends RangeError implements RefusedOption {
  readonly code = 'invalid_option';
  override readonly name = 'OptionRangeError';
  readonly of: string;
  readonly option: string;
  readonly given: unknown;

  constructor(message: string, { of, option, given }: RefusedOption) {
    super(message);
    this.of = of;
    this.option = option;
    this.given = given;
  }
}
