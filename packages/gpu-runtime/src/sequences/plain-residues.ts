import type { EmbeddingModel } from '../embedding-model.js';
import { InferenceError } from '../onnx/inference-error.js';
import { nonFiniteRows } from './non-finite-rows.js';
import { randomSequences } from './random-sequences.js';

/** Residues that every model of either alphabet reads. */
export const PLAIN_RESIDUES = 'ACGTACGTACGT';

/** Rows, or the error text. */
export type Attempt = { rows: Float32Array; failure: null } | { rows: null; failure: string };

/**
 * Embeds a batch that the model may fail on.
 *
 * @throws failures that are not the model's, above all lack of memory; ModelError for rows of the wrong
 * shape.
 */
export async function attempt(
  model: Pick<EmbeddingModel, 'embed'>,
  batch: readonly string[],
): Promise<Attempt> {
  try {
    return { rows: await model.embed(batch.map((residues) => Buffer.from(residues))), failure: null };
  } catch (error) {
    if (!(error instanceof InferenceError) || error.kind === 'cuda_oom') throw error;
    return { rows: null, failure: error.reason };
  }
}

/**
 * Embeds plain residues, on which no working model on a working device fails.
 *
 * @returns the error text, or null if it succeeded.
 * @throws as `attempt`.
 */
export async function plainResiduesFail(model: EmbeddingModel): Promise<string | null> {
  const { rows, failure } = await attempt(model, [PLAIN_RESIDUES]);
  if (failure !== null) return failure;
  const [fault] = nonFiniteRows(rows, model.source.dim);
  return fault === undefined ? null : `${fault.value} in column ${fault.column}`;
}

/**
 * Embeds a control: plain residues as long as a sequence that hung. Their order is random, so a tokenizer
 * makes about as many tokens of them.
 *
 * @returns the error text if it failed; null if it was embedded, or if memory is too small for this length.
 */
export async function controlFails(model: EmbeddingModel, length: number): Promise<string | null> {
  // Both alphabets have these letters.
  const control = randomSequences('dna', 1, Math.max(1, length));
  try {
    const [fault] = nonFiniteRows(await model.embed(control), model.source.dim);
    return fault === undefined ? null : `${fault.value} in column ${fault.column}`;
  } catch (error) {
    if (!(error instanceof InferenceError)) throw error;
    return error.kind === 'cuda_oom' ? null : error.reason;
  }
}
