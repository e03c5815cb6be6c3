import * as z from '@holdfast/schema';
import { ModelConfigError } from '../model-config-error.js';
import { shown } from '../shown.js';
import type { Weights } from '../weights/weights.js';
import { WeightsError } from '../weights/weights-error.js';
import type { Config } from './check-config.js';

export const count = z.number().int().positive();

/** Far above any model; a larger number could not be that of a checkpoint. */
export const layerCount = count.max(10_000);

/** The keys by which most families give their sizes. */
export const sizes = {
  num_hidden_layers: layerCount,
  hidden_size: count,
  num_attention_heads: count,
  intermediate_size: count,
};

/** The value of `layer_norm_eps` in Hugging Face's classes if a configuration has none. */
export const layerNormEpsilon = z.number().positive().default(1e-12);

/** Keys that make a decoder of an encoder. */
export const ENCODER_ONLY = {
  is_decoder: { values: [undefined, false], else: 'a decoder' },
  add_cross_attention: { values: [undefined, false], else: 'a decoder' },
} as const;

/** @throws ModelConfigError if absolute positions are asked for, or meant by default, but the weights have none. */
export function checkPlaces(
  path: string,
  family: string,
  { position_embedding_type: type }: Config,
  { tensors, others = new Map() }: Weights,
): void {
  if ([...tensors.keys(), ...others.keys()].some((name) => name.endsWith('position_embeddings.weight')))
    return;
  const asked = type == null ? 'missing, which means absolute' : shown(type);
  throw new ModelConfigError(path, family, [
    `position_embedding_type is ${asked}, but the weights have no embeddings of positions`,
  ]);
}

/** What a table in the weights has a row for, by the key of the configuration that gives their number. */
const ROWS = {
  vocab_size: 'embeddings of tokens',
  max_position_embeddings: 'embeddings of positions',
  type_vocab_size: 'embeddings of token types',
} as const;

/** @throws WeightsError if the configuration gives another number of rows than a table has. */
export function checkRows(
  path: string,
  config: Config,
  tables: Partial<Record<keyof typeof ROWS, { shape: readonly number[] }>>,
): void {
  const problems = Object.entries(tables).flatMap(([key, { shape }]) => {
    const given = config[key] ?? shape[0];
    const of = ROWS[key as keyof typeof ROWS];
    return given === shape[0] ? [] : [`${key} is ${shown(given)}, but the weights have ${shape[0]} ${of}`];
  });
  if (problems.length > 0) throw new WeightsError('weights_mismatch', path, problems.join('; '));
}

/** @throws ModelConfigError if the heads do not share a row evenly. */
export function checkHeads(path: string, family: string, dim: number, heads: number): void {
  if (dim % heads !== 0)
    throw new ModelConfigError(path, family, [
      `hidden_size ${dim} is not a multiple of num_attention_heads ${heads}`,
    ]);
}
