import type { ModelSource } from '@holdfast/gpu-runtime';
import { counted } from '@holdfast/options';
import { wider } from './unfit-rows.js';

/** A sequence whose row holds NaN or an infinity, or a number that is too large for how numbers are stored. */
export interface NonFiniteSequence {
  /** Its row in the batch. */
  row: number;
  /** Its place in the input. */
  ordinal: number;
  id: string;
  /** Of the number, in words, such as `column 3`. */
  place: string;
  value: number;
}

const NAMED = 5;

/** Rows that are not finite. No row of the batch is kept; the coordinator treats it as poisoned input. */
export class NonFiniteRowsError extends Error {
  /** The coordinator classifies the failure by this code. */
  readonly code = 'non_finite';
  override readonly name = 'NonFiniteRowsError';

  constructor(
    { name: model, dtype }: Pick<ModelSource, 'name' | 'dtype'>,
    readonly batch: number,
    readonly sequences: readonly NonFiniteSequence[],
  ) {
    const places = sequences
      .slice(0, NAMED)
      .map(({ ordinal, id, place, value }) => `sequence ${ordinal} ("${id}"): ${value} in ${place}`);
    const more = sequences.length - places.length;
    const large = sequences.every(({ value }) => Number.isFinite(value));
    const [what, remedy] = large
      ? [`numbers that ${dtype} cannot hold`, `choose ${wider(dtype)}`]
      : ['NaN or Inf', 'leave these sequences out, or use a model of higher precision'];
    super(
      `batch ${batch}: ${model} gave ${counted(sequences.length, 'row')} with ${what} (${places.join('; ')}${more > 0 ? `; and ${more} more` : ''}); ${remedy}`,
    );
  }
}
