/** A sequence whose row holds NaN or an infinity. */
export interface NonFiniteSequence {
  /** Its row in the batch. */
  row: number;
  /** Its place in the input. */
  ordinal: number;
  id: string;
  column: number;
  value: number;
}

const NAMED = 5;

/** Rows that are not finite. No row of the batch is kept; the coordinator treats it as poisoned input. */
export class NonFiniteRowsError extends Error {
  /** The coordinator classifies the failure by this code. */
  readonly code = 'non_finite';
  override readonly name = 'NonFiniteRowsError';

  constructor(
    readonly model: string,
    readonly batch: number,
    readonly sequences: readonly NonFiniteSequence[],
  ) {
    const places = sequences
      .slice(0, NAMED)
      .map(({ ordinal, id, column, value }) => `sequence ${ordinal} ("${id}"): ${value} in column ${column}`);
    const more = sequences.length - places.length;
    super(
      `batch ${batch}: ${model} gave ${sequences.length} row(s) with NaN or Inf (${places.join('; ')}${more > 0 ? `; and ${more} more` : ''}); leave these sequences out, or use a model of higher precision`,
    );
  }
}
