import * as z from '@holdfast/schema';
import { ModelConfigError } from '../../model-config-error.js';
import type { Encoder } from '../../onnx/encoder.js';
import { EncoderGraph, rotaryFrequencies } from '../../onnx/encoder-graph.js';
import { type LanguageHead, languageHead } from '../../onnx/language-head.js';
import type { StoredTensor } from '../../onnx/stored-tensor.js';
import { shown } from '../../shown.js';
import { UnsupportedModelError } from '../../unsupported-model-error.js';
import { type Affine, NamedTensors } from '../../weights/named-tensors.js';
import type { Weights } from '../../weights/weights.js';
import { type Config, checkConfig } from '../check-config.js';
import { checkRows, sizes } from '../config-keys.js';

/** The layers to which the residuals of a deeper or shallower network are scaled. */
const REFERENCE_LAYERS = 36;
const EPSILON = 1e-5;
/** Numbers of a head in every published model. */
const HEAD = 64;

const followed = z.object({
  ...sizes,
});

interface Block {
  attentionNorm: Affine;
  /** Queries, keys and values: one layer of three times the width, or three. */
  attention: readonly [Affine] | readonly [Affine, Affine, Affine];
  queryNorm: Affine;
  keyNorm: Affine;
  attentionOut: Affine;
  feedForwardNorm: Affine;
  /** Gate and value: one layer of twice the width, or two. */
  up: readonly [Affine] | readonly [Affine, Affine];
  down: Affine;
}

interface Esmc {
  dim: number;
  heads: number;
  embedding: StoredTensor;
  blocks: readonly Block[];
  lastNorm: Affine;
  /** Null: the checkpoint has none, or it is not known under its name. */
  head: LanguageHead | null;
}

/**
 * The encoder of ESM C (EvolutionaryScale 2024), from the files as first published.
 *
 * @param heads by default a 64th of the width, as in all published models; the file does not say.
 * @throws WeightsError; UnsupportedModelError if the width is no multiple of a head's.
 */
export function esmcGraph(weights: Weights, heads?: number): Encoder {
  const tensors = new NamedTensors(weights);
  const embedding = tensors.take('embed.weight', [null, null]);
  const dim = embedding.shape[1]!;
  const block = (index: number): Block => {
    const at = `transformer.blocks.${index}`;
    const wide = tensors.take(`${at}.ffn.1.weight`, [null, dim]).shape[0]!;
    return {
      attentionNorm: tensors.norm(`${at}.attn.layernorm_qkv.0`, dim),
      attention: [tensors.linear(`${at}.attn.layernorm_qkv.1`, 3 * dim, dim, false)],
      queryNorm: tensors.norm(`${at}.attn.q_ln`, dim, false),
      keyNorm: tensors.norm(`${at}.attn.k_ln`, dim, false),
      attentionOut: tensors.linear(`${at}.attn.out_proj`, dim, dim, false),
      feedForwardNorm: tensors.norm(`${at}.ffn.0`, dim),
      up: [tensors.linear(`${at}.ffn.1`, wide, dim, false)],
      down: tensors.linear(`${at}.ffn.3`, dim, wide / 2, false),
    };
  };
  const blocks: Block[] = [];
  while (tensors.has(`transformer.blocks.${blocks.length}.ffn.1.weight`)) blocks.push(block(blocks.length));
  const lastNorm = tensors.norm('transformer.norm', dim, false);
  const head = tensors.optional(() => ({
    dense: tensors.linear('sequence_head.0', dim, dim),
    norm: tensors.norm('sequence_head.2', dim),
    decoder: tensors.linear('sequence_head.3', embedding.shape[0]!, dim),
  }));
  tensors.refuseOthers('ESM C', /^sequence_head\./);
  if (heads === undefined && dim % HEAD !== 0)
    throw new UnsupportedModelError(
      weights.path,
      `is ESM C with embeddings of ${dim} numbers, but every head of ESM C takes ${HEAD}, so they must be a multiple of ${HEAD}`,
      'give an ESM C of the published sizes (960 or 1152), or a folder whose config.json names num_attention_heads',
    );
  return graphOf({ dim, heads: heads ?? dim / HEAD, embedding, blocks, lastNorm, head });
}

/** The same from a folder as Hugging Face's transformers writes it. @throws ModelConfigError and WeightsError. */
export function esmcFolderGraph(path: string, config: Config, weights: Weights): Encoder {
  const read = checkConfig(path, config, {
    family: 'ESM C',
    followed,
    fixed: {
      model_type: { values: ['esmc'], else: 'another kind of model' },
      hidden_act: { values: [undefined, 'silu'], else: 'another activation' },
      attention_bias: { values: [undefined, false], else: 'attention with biases' },
      mlp_bias: { values: [undefined, false], else: 'a feed-forward network with biases' },
    },
    ignored: [
      'attention_dropout',
      'head_dim',
      'mask_token_id',
      'max_position_embeddings',
      'num_key_value_heads',
      'pad_token_id',
      'rope_parameters',
      'vocab_size',
    ],
  });
  const { hidden_size: dim, num_attention_heads: heads, intermediate_size: hidden } = read;
  const others: [string, unknown, unknown][] = [
    ['head_dim', config['head_dim'] ?? dim / heads, dim / heads],
    ['num_key_value_heads', config['num_key_value_heads'] ?? heads, heads],
    ['rope_parameters', ropeOf(config['rope_parameters']), 'default 10000'],
  ];
  const problems = others
    .filter(([, found, wanted]) => found !== wanted)
    .map(([key, found]) => `${key} is ${typeof found === 'string' ? found : shown(found)}`);
  if (problems.length > 0) throw new ModelConfigError(path, 'ESM C', problems);
  const tensors = new NamedTensors(weights);
  const prefix = tensors.prefixOf('embed_tokens.weight', ['esmc.', 'model.', '']);
  const embedding = tensors.take(`${prefix}embed_tokens.weight`, [null, dim]);
  checkRows(path, config, { vocab_size: embedding });
  const esmc: Esmc = {
    dim,
    heads,
    head: null,
    embedding,
    lastNorm: tensors.norm(`${prefix}norm`, dim, false),
    blocks: Array.from({ length: read.num_hidden_layers }, (_, index): Block => {
      const at = `${prefix}layers.${index}`;
      const linear = (name: string, out: number, into: number) =>
        tensors.linear(`${at}.${name}`, out, into, false);
      return {
        attentionNorm: tensors.norm(`${at}.input_layernorm`, dim),
        attention: [
          linear('self_attn.q_proj', dim, dim),
          linear('self_attn.k_proj', dim, dim),
          linear('self_attn.v_proj', dim, dim),
        ],
        queryNorm: tensors.norm(`${at}.self_attn.q_norm`, dim, false),
        keyNorm: tensors.norm(`${at}.self_attn.k_norm`, dim, false),
        attentionOut: linear('self_attn.o_proj', dim, dim),
        feedForwardNorm: tensors.norm(`${at}.post_attention_layernorm`, dim),
        up: [linear('mlp.gate_proj', hidden, dim), linear('mlp.up_proj', hidden, dim)],
        down: linear('mlp.down_proj', dim, hidden),
      };
    }),
  };
  tensors.refuseOthers('ESM C', /^([^.]+\.)?(lm_head|sequence_head|classifier)\.|inv_freq$/);
  return graphOf(esmc);
}

function ropeOf(rope: unknown): string {
  const { rope_type = 'default', rope_theta = 10_000 } = (rope ?? {}) as Record<string, unknown>;
  return typeof rope_type === 'string' ? `${rope_type} ${shown(rope_theta)}` : shown(rope);
}

function graphOf({ dim, heads, embedding, blocks, lastNorm, head }: Esmc): Encoder {
  const of = new EncoderGraph('esmc', dim);
  const { graph } = of;
  const size = dim / heads;
  const rotation = of.rotation(graph.constant('frequencies', 'float32', [size / 2], rotaryFrequencies(size)));
  const scale = of.scalar('residual_scale', Math.sqrt(blocks.length / REFERENCE_LAYERS));
  const residual = (x: string, change: string) => of.add(x, graph.node('Div', [change, scale]));
  let x = of.flat(of.embed('embedding', embedding));
  of.layer(x);
  blocks.forEach((block, index) => {
    const y = of.norm(x, block.attentionNorm, EPSILON);
    const [query, key, value] = split(of, block.attention, y, [
      `${index}.query`,
      `${index}.key`,
      `${index}.value`,
    ]);
    const turned = (input: string, norm: Affine) =>
      of.rotated(of.norm(input, norm, EPSILON), rotation, heads);
    const attended = of.attention(
      [turned(query!, block.queryNorm), turned(key!, block.keyNorm), of.deep(value!)],
      { heads },
    );
    x = residual(x, of.linear(attended, block.attentionOut));
    const z = of.norm(x, block.feedForwardNorm, EPSILON);
    const [gate, up] = split(of, block.up, z, [`${index}.gate`, `${index}.up`]);
    x = residual(x, of.linear(of.mul(of.silu(gate!), up!), block.down));
    of.layer(x);
  });
  return of.finish(of.norm(x, lastNorm, EPSILON), head === null ? [] : [languageHead(head, EPSILON)]);
}

/** One layer whose output is cut into equal parts, or a layer for each part. */
function split(
  of: EncoderGraph,
  layers: readonly Affine[],
  input: string,
  names: readonly string[],
): readonly string[] {
  if (layers.length === names.length) return layers.map((layer) => of.linear(input, layer));
  of.graph.node('Split', [of.linear(input, layers[0]!)], { axis: -1 }, { outputs: names });
  return names;
}
