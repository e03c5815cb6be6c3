import type { EmbeddingModel } from '../embedding-model.js';
import { InferenceError } from '../onnx/inference-error.js';
import { nonFiniteRows } from './non-finite-rows.js';
import { randomSequences } from './random-sequences.js';

/** Residues that every model reads, of either alphabet. */
export const PLAIN_RESIDUES = 'ACGTACGTACGT';

/** Rows, or the error text. */
export type Attempt = { rows: Float32Array; failure: null } | { rows: null; failure: string };

/**
 * Embeds a batch on which the model may fail.
 *
 * @throws failures that are not the model's, above all lack of memory; ModelError for rows of another shape than described.
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
 * Embeds plain residues, which no good model on a good device fails on.
 *
 * @returns the error text, or null if they are embedded.
 * @throws as `attempt`.
 */
export async function plainResiduesFail(model: EmbeddingModel): Promise<string | null> {
  const { rows, failure } = await attempt(model, [PLAIN_RESIDUES]);
  if (failure !== null) return failure;
  const [fault] = nonFiniteRows(rows, model.source.dim);
  return fault === undefined ? null : `${fault.value} in column ${fault.column}`;
}

/**
 * Embeds a control: plain residues as long as a sequence that hung, in random order, of which a tokenizer makes about as
 * many tokens of them.
 *
 * @returns the error text if it failed; null if it was embedded, or there is too little memory for anything of this length.
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
