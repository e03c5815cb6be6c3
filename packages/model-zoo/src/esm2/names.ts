import type { StoredTensor } from '../onnx/graph-builder.js';
import type { Weights } from '../weights/weights.js';
import { WeightsError } from '../weights/weights-error.js';

/** A linear layer: weight [out, in], bias [out]. */
export interface Linear {
  weight: StoredTensor;
  bias: StoredTensor;
}

/** The weights of one layer, whatever the checkpoint calls them. */
export interface Esm2Layer {
  query: Linear;
  key: Linear;
  value: Linear;
  attentionOut: Linear;
  attentionNorm: Linear;
  up: Linear;
  down: Linear;
  feedForwardNorm: Linear;
  /** Frequencies of the rotary embedding, [head size / 2]; null: to be computed. */
  frequencies: StoredTensor | null;
}

export interface Esm2Weights {
  embedding: StoredTensor;
  layers: readonly Esm2Layer[];
  lastNorm: Linear;
}

interface Naming {
  embedding: string;
  lastNorm: string;
  layer: (index: number) => Record<Exclude<keyof Esm2Layer, 'frequencies'>, string>;
  /** Names of the frequencies, in the order in which they are looked for. */
  frequencies: (index: number) => readonly string[];
}

/** Names by which Hugging Face's `EsmModel` and `EsmForMaskedLM` store them, behind a prefix. */
const huggingFace = (prefix: string): Naming => ({
  embedding: `${prefix}embeddings.word_embeddings`,
  lastNorm: `${prefix}encoder.emb_layer_norm_after`,
  layer(index) {
    const of = `${prefix}encoder.layer.${index}`;
    return {
      query: `${of}.attention.self.query`,
      key: `${of}.attention.self.key`,
      value: `${of}.attention.self.value`,
      attentionOut: `${of}.attention.output.dense`,
      attentionNorm: `${of}.attention.LayerNorm`,
      up: `${of}.intermediate.dense`,
      down: `${of}.output.dense`,
      feedForwardNorm: `${of}.LayerNorm`,
    };
  },
  frequencies: (index) => [
    `${prefix}encoder.layer.${index}.attention.self.rotary_embeddings.inv_freq`,
    `${prefix}rotary_embeddings.inv_freq`,
  ],
});

/** Names in fair-esm's own checkpoints. */
const fairEsm = (prefix: string): Naming => ({
  embedding: `${prefix}embed_tokens`,
  lastNorm: `${prefix}emb_layer_norm_after`,
  layer(index) {
    const of = `${prefix}layers.${index}`;
    return {
      query: `${of}.self_attn.q_proj`,
      key: `${of}.self_attn.k_proj`,
      value: `${of}.self_attn.v_proj`,
      attentionOut: `${of}.self_attn.out_proj`,
      attentionNorm: `${of}.self_attn_layer_norm`,
      up: `${of}.fc1`,
      down: `${of}.fc2`,
      feedForwardNorm: `${of}.final_layer_norm`,
    };
  },
  frequencies: (index) => [`${prefix}layers.${index}.self_attn.rot_emb.inv_freq`],
});

const NAMINGS: readonly Naming[] = [
  huggingFace('esm.'),
  huggingFace(''),
  fairEsm('encoder.sentence_encoder.'),
  fairEsm(''),
];

/**
 * Finds an ESM-2's weights under the names of Hugging Face or of fair-esm, and checks their shapes.
 *
 * @throws WeightsError which names the tensor.
 */
export function esm2Weights(
  { path, tensors }: Weights,
  { layers, dim, heads, hidden }: { layers: number; dim: number; heads: number; hidden: number },
): Esm2Weights {
  const naming = NAMINGS.find(({ embedding }) => tensors.has(`${embedding}.weight`));
  if (naming === undefined)
    throw new WeightsError('weights_missing', path, 'has no ESM-2 embedding under any name that is known');
  const take = (name: string, shape: readonly (number | null)[]): StoredTensor => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new WeightsError('weights_missing', path, `lacks '${name}'`);
    const fits =
      tensor.shape.length === shape.length &&
      shape.every((size, i) => size === null || size === tensor.shape[i]);
    if (!fits)
      throw new WeightsError(
        'weights_mismatch',
        path,
        `'${name}' has the shape [${tensor.shape}], where the configuration wants [${shape.map((size) => size ?? 'any')}]`,
      );
    return tensor;
  };
  const linear = (name: string, out: number, into: number): Linear => ({
    weight: take(`${name}.weight`, [out, into]),
    bias: take(`${name}.bias`, [out]),
  });
  const norm = (name: string): Linear => ({
    weight: take(`${name}.weight`, [dim]),
    bias: take(`${name}.bias`, [dim]),
  });
  return {
    embedding: take(`${naming.embedding}.weight`, [null, dim]),
    lastNorm: norm(naming.lastNorm),
    layers: Array.from({ length: layers }, (_, index) => {
      const of = naming.layer(index);
      const stored = naming.frequencies(index).find((name) => tensors.has(name));
      return {
        query: linear(of.query, dim, dim),
        key: linear(of.key, dim, dim),
        value: linear(of.value, dim, dim),
        attentionOut: linear(of.attentionOut, dim, dim),
        attentionNorm: norm(of.attentionNorm),
        up: linear(of.up, hidden, dim),
        down: linear(of.down, dim, hidden),
        feedForwardNorm: norm(of.feedForwardNorm),
        frequencies: stored === undefined ? null : take(stored, [dim / heads / 2]),
      };
    }),
  };
}
