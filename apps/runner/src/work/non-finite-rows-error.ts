/** A sequence whose row holds NaN or an infinity. */
export interface NonFiniteSequence {
  /** Its row in the batch. */
  row: number;
  /** Its place in the output. */
  ordinal: number;
  id: string;
  column: number;
  value: number;
}

const NAMED = 5;

/** Rows that are not finite, which the coordinator takes for poisoned input: no row of the batch is kept. */
export class NonFiniteRowsError extends Error {
  /** What the coordinator tells poison by. */
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
