import type { LanguageHead } from '../../onnx/language-head.js';
import type { StoredTensor } from '../../onnx/stored-tensor.js';
import { type Affine, NamedTensors } from '../../weights/named-tensors.js';
import type { Weights } from '../../weights/weights.js';
import type { EsmConfig } from './config.js';

/** The weights of one layer, whatever the checkpoint calls them. */
export interface EsmLayer {
  query: Affine;
  key: Affine;
  value: Affine;
  attentionOut: Affine;
  attentionNorm: Affine;
  up: Affine;
  down: Affine;
  feedForwardNorm: Affine;
  /** Frequencies of the rotary embedding, [head size / 2]; null: the checkpoint holds none. */
  frequencies: StoredTensor | null;
}

export interface EsmWeights {
  embedding: StoredTensor;
  /** [positions, dim], with absolute positions. */
  positions: StoredTensor | null;
  normBefore: Affine | null;
  layers: readonly EsmLayer[];
  lastNorm: Affine;
  /** Null: the checkpoint has none. */
  head: LanguageHead | null;
  /** Logistic regression over the attention of all heads of all layers, weight [1, layers × heads]; null: it has none. */
  contacts: Affine | null;
}

/** Names of a layer's parts: Hugging Face's `EsmModel`. */
const HUGGING_FACE = {
  layer: 'encoder.layer',
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOut: 'attention.output.dense',
  attentionNorm: 'attention.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  feedForwardNorm: 'LayerNorm',
  frequencies: 'attention.self.rotary_embeddings.inv_freq',
  embedding: 'embeddings.word_embeddings.weight',
  positions: 'embeddings.position_embeddings.weight',
  normBefore: 'embeddings.layer_norm',
  lastNorm: 'encoder.emb_layer_norm_after',
  decoder: 'decoder.weight',
  ignored:
    /^([^.]+\.)?(contact_head|lm_head|pooler|classifier|embeddings\.position_embeddings)\.|position_ids$/,
};

/** Those in fair-esm's own checkpoints. */
const FAIR_ESM: typeof HUGGING_FACE = {
  layer: 'layers',
  query: 'self_attn.q_proj',
  key: 'self_attn.k_proj',
  value: 'self_attn.v_proj',
  attentionOut: 'self_attn.out_proj',
  attentionNorm: 'self_attn_layer_norm',
  up: 'fc1',
  down: 'fc2',
  feedForwardNorm: 'final_layer_norm',
  frequencies: 'self_attn.rot_emb.inv_freq',
  embedding: 'embed_tokens.weight',
  positions: 'embed_positions.weight',
  normBefore: 'emb_layer_norm_before',
  lastNorm: 'emb_layer_norm_after',
  decoder: 'weight',
  ignored: /^([^.]+\.){0,2}(contact_head|lm_head)\./,
};

/** Hugging Face's first, since that is what most folders hold. */
const PREFIXES = [
  ['esm.', HUGGING_FACE, 'lm_head'],
  ['', HUGGING_FACE, 'lm_head'],
  ['encoder.sentence_encoder.', FAIR_ESM, 'encoder.lm_head'],
  ['', FAIR_ESM, 'lm_head'],
] as const;
const REGRESSION = 'contact_head.regression';

/**
 * Finds the weights under the names of Hugging Face or of fair-esm.
 *
 * @param regression the contact regression, if it is in a file of its own.
 * @throws WeightsError which names the tensor.
 */
export function esmWeights(
  weights: Weights,
  config: EsmConfig,
  regression: Weights | null = null,
): EsmWeights {
  const { dim, heads, hidden, gated } = config;
  const tensors = new NamedTensors(weights);
  const [prefix, names, headAt] =
    PREFIXES.find(([start, { embedding }]) => tensors.has(`${start}${embedding}`)) ?? PREFIXES[0];
  // One for all layers; transformers 5 saves it under the second name, with the star.
  const shared = [`${prefix}rotary_embeddings.inv_freq`, `${prefix}${names.layer}.*.${names.frequencies}`];
  const found = {
    embedding: tensors.take(`${prefix}${names.embedding}`, [null, dim]),
    positions:
      config.positions === 'absolute' ? tensors.take(`${prefix}${names.positions}`, [null, dim]) : null,
    normBefore: config.normBefore ? tensors.norm(`${prefix}${names.normBefore}`, dim) : null,
    lastNorm: tensors.norm(`${prefix}${names.lastNorm}`, dim),
    layers: Array.from({ length: config.layers }, (_, index) => {
      const of = (name: string) => `${prefix}${names.layer}.${index}.${name}`;
      // Frequencies beside absolute positions are of another model.
      const stored =
        config.positions === 'rotary'
          ? [of(names.frequencies), ...shared].find((name) => tensors.has(name))
          : undefined;
      const bias = gated?.bias ?? true;
      return {
        query: tensors.linear(of(names.query), dim, dim),
        key: tensors.linear(of(names.key), dim, dim),
        value: tensors.linear(of(names.value), dim, dim),
        attentionOut: tensors.linear(of(names.attentionOut), dim, dim),
        attentionNorm: tensors.norm(of(names.attentionNorm), dim),
        up: tensors.linear(of(names.up), gated === null ? hidden : 2 * hidden, dim, bias),
        down: tensors.linear(of(names.down), dim, hidden, bias),
        feedForwardNorm: tensors.norm(of(names.feedForwardNorm), dim),
        frequencies: stored === undefined ? null : tensors.take(stored, [dim / heads / 2]),
      };
    }),
  };
  tensors.refuseOthers('ESM', names.ignored);
  const head = headOf(tensors, `${headAt}.`, names.decoder, found.embedding, config);
  const contacts =
    regression === null
      ? contactsOf(tensors, `${prefix}${REGRESSION}`, config)
      : contactsOf(new NamedTensors(regression), REGRESSION, config);
  return { ...found, head, contacts };
}

function headOf(
  tensors: NamedTensors,
  at: string,
  decoder: string,
  embedding: StoredTensor,
  { dim, tied }: EsmConfig,
): LanguageHead | null {
  const entries = embedding.shape[0]!;
  return tensors.optional(() => ({
    dense: tensors.linear(`${at}dense`, dim, dim),
    norm: tensors.norm(`${at}layer_norm`, dim),
    decoder: {
      name: `${at}decoder`,
      weight: tied ? embedding : tensors.take(`${at}${decoder}`, [entries, dim]),
      bias: tensors.take(`${at}bias`, [entries]),
    },
  }));
}

/** The Nucleotide Transformer's tokens do not end with a special one, as the regression expects. */
function contactsOf(tensors: NamedTensors, name: string, { layers, heads, gated }: EsmConfig): Affine | null {
  return gated === null ? tensors.optional(() => tensors.linear(name, 1, layers * heads)) : null;
}
