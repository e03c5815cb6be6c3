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
  ignored: /(^|\.)(contact_head|lm_head|pooler|classifier)\.|position_ids$|position_embeddings\.weight$/,
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
  ignored: /(^|\.)(contact_head|lm_head)\./,
};

/** Hugging Face's first, since that is what most folders hold. */
const PREFIXES = [
  ['esm.', HUGGING_FACE],
  ['', HUGGING_FACE],
  ['encoder.sentence_encoder.', FAIR_ESM],
  ['', FAIR_ESM],
] as const;

/** Finds the weights under the names of Hugging Face or of fair-esm. @throws WeightsError which names the tensor. */
export function esmWeights(weights: Weights, config: EsmConfig): EsmWeights {
  const { dim, heads, hidden, gated } = config;
  const tensors = new NamedTensors(weights);
  const [prefix, names] =
    PREFIXES.find(([start, { embedding }]) => tensors.has(`${start}${embedding}`)) ?? PREFIXES[0];
  const shared = `${prefix}rotary_embeddings.inv_freq`;
  const found: EsmWeights = {
    embedding: tensors.take(`${prefix}${names.embedding}`, [null, dim]),
    positions:
      config.positions === 'absolute' ? tensors.take(`${prefix}${names.positions}`, [null, dim]) : null,
    normBefore: config.normBefore ? tensors.norm(`${prefix}${names.normBefore}`, dim) : null,
    lastNorm: tensors.norm(`${prefix}${names.lastNorm}`, dim),
    layers: Array.from({ length: config.layers }, (_, index) => {
      const of = (name: string) => `${prefix}${names.layer}.${index}.${name}`;
      const stored = [of(names.frequencies), shared].find((name) => tensors.has(name));
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
  return found;
}
