import { ModelError } from '../model-error.js';

/**
 * What a model computes in:
 * `fp32` float32;
 * `int8` linear layers multiply 8-bit integers, on the CPU only; rows differ a little from those of fp32;
 * `fp16` linear layers and attention in float16, for GPUs; or float16 as an exported folder's graph has it.
 */
export type Precision = (typeof PRECISIONS)[number];
export const PRECISIONS = ['fp32', 'fp16', 'int8'] as const;

/** A precision that is not the usual one; undefined: it is. */
export const lowered = (precision: Precision | undefined): Exclude<Precision, 'fp32'> | undefined =>
  precision === 'fp32' ? undefined : precision;

/** A model that is described, or built in, computes as its graph says. @throws ModelError if a lower precision is asked for. */
export function refuseLowered(path: string, precision: Precision | undefined): void {
  if (lowered(precision) === undefined) return;
  throw new ModelError(
    'model_unsupported',
    path,
    `computes as its graph says, so it cannot be read as ${precision}; that takes published weights, from which the graph is built`,
    'leave the precision out, or give the published weights',
  );
}
