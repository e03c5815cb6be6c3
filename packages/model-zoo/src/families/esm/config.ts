import * as z from '@holdfast/schema';
import { ModelConfigError } from '../../model-config-error.js';
import { type Config, checkConfig } from '../check-config.js';
import { ENCODER_ONLY, layerNormEpsilon, sizes } from '../config-keys.js';

/** What of the configuration of an ESM-1b, an ESM-2 or a Nucleotide Transformer decides its graph. */
export interface EsmConfig {
  layers: number;
  /** Numbers in a row. */
  dim: number;
  heads: number;
  /** Width of the feed-forward network. */
  hidden: number;
  /** Added to the variance in layer norms. */
  epsilon: number;
  tokenDropout: boolean;
  /** Of the rotary embedding's frequencies, where the checkpoint holds none. */
  rotaryBase: number;
  maskToken: number;
  padToken: number;
  positions: 'rotary' | 'absolute';
  /** Whether the embedding is normalized before the first layer. */
  normBefore: boolean;
  /** The feed-forward network multiplies two halves, of which one goes through SiLU; null: it is the usual one with GELU. */
  gated: { bias: boolean } | null;
  /** Whether the decoder of the head for masked language modelling is the table of embeddings. */
  tied: boolean;
}

export const ROTARY_BASE = 10_000;

const followed = z.object({
  ...sizes,
  layer_norm_eps: layerNormEpsilon,
  rope_theta: z.number().positive().nullish(),
  token_dropout: z.boolean().default(false),
  mask_token_id: z.number().int(),
  pad_token_id: z.number().int(),
  position_embedding_type: z.enum(['rotary', 'absolute']).default('absolute'),
  emb_layer_norm_before: z.boolean().nullish(),
  add_bias_fnn: z.boolean().optional(),
  tie_word_embeddings: z.boolean().nullish(),
});

/** @throws ModelConfigError */
export function esmConfig(path: string, config: Config): EsmConfig {
  const read = checkConfig(path, config, {
    family: 'ESM',
    followed,
    fixed: {
      model_type: { values: ['esm'], else: 'another kind of model' },
      is_folding_model: { values: [undefined, false], else: 'an ESMFold' },
      esmfold_config: { values: [undefined], else: 'an ESMFold' },
      ...ENCODER_ONLY,
    },
    ignored: ['hidden_act', 'max_position_embeddings', 'vocab_list', 'vocab_size'],
  });
  const { hidden_size: dim, num_attention_heads: heads } = read;
  if (dim % (2 * heads) !== 0) {
    const problem = `hidden_size ${dim} is not a multiple of twice num_attention_heads, ${heads}`;
    throw new ModelConfigError(path, 'ESM', [problem]);
  }
  return {
    layers: read.num_hidden_layers,
    dim,
    heads,
    hidden: read.intermediate_size,
    epsilon: read.layer_norm_eps,
    tokenDropout: read.token_dropout,
    rotaryBase: read.rope_theta ?? ROTARY_BASE,
    maskToken: read.mask_token_id,
    padToken: read.pad_token_id,
    positions: read.position_embedding_type,
    normBefore: read.emb_layer_norm_before ?? false,
    gated: read.add_bias_fnn === undefined ? null : { bias: read.add_bias_fnn },
    tied: read.tie_word_embeddings ?? true,
  };
}
