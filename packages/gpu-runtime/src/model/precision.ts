import { ModelError } from '../model-error.js';

/**
 * What a model computes in:
 * `fp32` float32;
 * `int8` linear layers multiply 8-bit integers, on the CPU only; rows differ a little from those of fp32;
 * `fp16` linear layers and attention in float16, for GPUs; or float16 as an exported folder's graph has it.
 */
export type Precision = (typeof PRECISIONS)[number];
export const PRECISIONS = ['fp32', 'fp16', 'int8'] as const;

/** A model that is described, or built in, computes as its graph says. @throws ModelError if a lower precision is asked for. */
export function refuseLowered(path: string, precision: Precision | undefined): void {
  if (precision === undefined || precision === 'fp32') return;
  throw new ModelError(
    'model_unsupported',
    path,
    `computes as its graph says, so it cannot be read as ${precision}; that takes published weights, from which the graph is built`,
    'leave the precision out, or give the published weights',
  );
}
