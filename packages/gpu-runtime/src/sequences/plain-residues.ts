import type { EmbeddingModel } from '../embedding-model.js';
import { InferenceError } from '../onnx/inference-error.js';
import { nonFiniteRows } from './non-finite-rows.js';
import { randomSequences } from './random-sequences.js';

/** Residues that every model reads, of either alphabet. */
export const PLAIN_RESIDUES = 'ACGTACGTACGT';

/** Rows, or what was said of the failure. */
export type Attempt = { rows: Float32Array; failure: null } | { rows: null; failure: string };

/**
 * Embeds a batch on which the model may fail.
 *
 * @throws what is no failure of the model: want of memory above all; ModelError for rows that are not as described.
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
 * @returns what was said of it, or null when they are embedded.
 * @throws as `attempt`.
 */
export async function plainResiduesFail(model: EmbeddingModel): Promise<string | null> {
  const { rows, failure } = await attempt(model, [PLAIN_RESIDUES]);
  if (failure !== null) return failure;
  const [fault] = nonFiniteRows(rows, model.source.dim);
  return fault === undefined ? null : `${fault.value} in column ${fault.column}`;
}

/**
 * Embeds a control: as many plain residues as a sequence has that hung, in random order so that a tokenizer makes about as
 * many tokens of them.
 *
 * @returns what was said if it failed; null when it was embedded, or there is too little memory for anything of this length.
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
