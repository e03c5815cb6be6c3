import { type EmbeddingModel, InferenceError } from '@holdfast/gpu-runtime';
import { nonFiniteRows } from './non-finite-rows.js';

/** Residues that every model reads, of either alphabet. */
export const PLAIN_RESIDUES = 'ACGTACGTACGT';

/**
 * Embeds plain residues, which no good model on a good device fails on.
 *
 * @returns what was said of it, or null when they are embedded.
 * @throws what is no failure of the model, such as want of memory.
 */
export async function plainResiduesFail(model: EmbeddingModel): Promise<string | null> {
  try {
    const [fault] = nonFiniteRows(await model.embed([Buffer.from(PLAIN_RESIDUES)]), model.source.dim);
    return fault === undefined ? null : `${fault.value} in column ${fault.column}`;
  } catch (error) {
    if (!(error instanceof InferenceError) || error.kind === 'cuda_oom') throw error;
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}

/** A device, or a model, that fails whatever it is given: of the sequences that failed on it nothing is known. */
export class UnfitDeviceError extends Error {
  /** What the coordinator tells it by: whether it was unfit from the start, or was lost by a failure. */
  readonly code: 'unfit_device' | 'lost_device';
  override readonly name = 'UnfitDeviceError';

  /** @param wasFit whether the model had embedded something before. */
  constructor(model: string, said: string, wasFit: boolean) {
    const since = wasFit ? ' since it failed on something' : '';
    super(
      `${model} fails on plain residues as well${since} (${said}), so that no sequence is found at fault by that; if it stays so, look whether the device is broken or in use by another`,
    );
    this.code = wasFit ? 'lost_device' : 'unfit_device';
  }
}
