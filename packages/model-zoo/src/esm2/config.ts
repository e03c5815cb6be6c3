import { z } from 'zod';
import { ModelConfigError } from '../model-config-error.js';

/** What of an ESM-2's configuration decides its graph. */
export interface Esm2Config {
  layers: number;
  /** Numbers in a row. */
  dim: number;
  heads: number;
  /** Width of the feed-forward network. */
  hidden: number;
  /** Added to the variance in layer norms. */
  epsilon: number;
  tokenDropout: boolean;
  vocabulary: number;
}

const count = z.number().int().positive();

/** Keys of `config.json` that the graph follows; absent ones have the defaults of the public class. */
const followed = z.object({
  num_hidden_layers: count,
  hidden_size: count,
  num_attention_heads: count,
  intermediate_size: count,
  layer_norm_eps: z.number().positive().default(1e-12),
  token_dropout: z.boolean().default(false),
  vocab_size: count,
});

type Refusal = [key: string, fits: (value: unknown) => boolean, meaning: string];

const absentOr =
  (...values: unknown[]) =>
  (value: unknown) =>
    value === undefined || value === null || values.includes(value);

/** Keys that must have these values, since the graph does nothing else. */
const REQUIRED: readonly Refusal[] = [
  ['model_type', (value) => value === 'esm', 'another kind of model'],
  [
    'position_embedding_type',
    (value) => value === 'rotary',
    'an ESM-1 or another model with absolute positions',
  ],
  ['emb_layer_norm_before', absentOr(false), 'an ESM-1b'],
  ['is_folding_model', absentOr(false), 'an ESMFold'],
  ['esmfold_config', absentOr(), 'an ESMFold'],
  ['is_decoder', absentOr(false), 'a decoder'],
  ['add_cross_attention', absentOr(false), 'a decoder'],
  ['add_bias_fnn', absentOr(), 'a Nucleotide Transformer v2'],
  ['mask_token_id', absentOr(32), 'another vocabulary'],
  ['pad_token_id', absentOr(1), 'another vocabulary'],
];

/** Keys without effect on a row of the last hidden state at inference, or which name the model. */
const WITHOUT_EFFECT = new Set([
  '_name_or_path',
  'architectures',
  'attention_probs_dropout_prob',
  'auto_map',
  'classifier_dropout',
  'dtype',
  'gradient_checkpointing',
  'hidden_act',
  'hidden_dropout_prob',
  'initializer_range',
  'max_position_embeddings',
  'rope_theta',
  'tie_word_embeddings',
  'torch_dtype',
  'transformers_version',
  'use_cache',
  'vocab_list',
  'finetuning_task',
  'id2label',
  'label2id',
  'problem_type',
  'bos_token_id',
  'cls_token_id',
  'eos_token_id',
  'sep_token_id',
  'output_attentions',
  'output_hidden_states',
  'return_dict',
  'chunk_size_feed_forward',
  'is_encoder_decoder',
]);

/**
 * Checks an ESM-2's `config.json`, key by key.
 *
 * @param path of the file, for messages.
 * @throws ModelConfigError which names each key that the graph cannot follow.
 */
export function esm2Config(path: string, config: Readonly<Record<string, unknown>>): Esm2Config {
  const problems = REQUIRED.filter(([key, fits]) => !fits(config[key])).map(
    ([key, , meaning]) => `${key} ${JSON.stringify(config[key]) ?? 'is missing'} (${meaning})`,
  );
  const known = new Set([...Object.keys(followed.shape), ...REQUIRED.map(([key]) => key)]);
  for (const key of Object.keys(config))
    if (!known.has(key) && !WITHOUT_EFFECT.has(key)) problems.push(`${key} (unknown here)`);
  const parsed = followed.safeParse(config);
  if (!parsed.success)
    for (const { path: key, message } of parsed.error.issues) problems.push(`${key.join('.')} (${message})`);
  if (problems.length > 0 || !parsed.success) throw new ModelConfigError(path, 'ESM-2', problems);
  const read = parsed.data;
  if (read.hidden_size % (2 * read.num_attention_heads) !== 0)
    throw new ModelConfigError(path, 'ESM-2', [
      `hidden_size ${read.hidden_size} (not a multiple of twice num_attention_heads, ${read.num_attention_heads})`,
    ]);
  return {
    layers: read.num_hidden_layers,
    dim: read.hidden_size,
    heads: read.num_attention_heads,
    hidden: read.intermediate_size,
    epsilon: read.layer_norm_eps,
    tokenDropout: read.token_dropout,
    vocabulary: read.vocab_size,
  };
}
