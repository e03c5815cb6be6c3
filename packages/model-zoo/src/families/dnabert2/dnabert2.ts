import * as z from '@holdfast/schema';
import type { Encoder } from '../../onnx/encoder.js';
import { EncoderGraph } from '../../onnx/encoder-graph.js';
import { languageHead } from '../../onnx/language-head.js';
import { ELEMENT } from '../../onnx/stored-tensor.js';
import { NamedTensors } from '../../weights/named-tensors.js';
import type { Weights } from '../../weights/weights.js';
import { maskedHead } from '../bert/masked-head.js';
import { type Config, checkConfig } from '../check-config.js';
import { checkHeads, checkRows, count, ENCODER_ONLY, layerNormEpsilon, sizes } from '../config-keys.js';

const followed = z.object({
  ...sizes,
  layer_norm_eps: layerNormEpsilon,
  /** Sizes a cache only. */
  alibi_starting_size: count,
});

const IGNORED = /^([^.]+\.)?(pooler|cls|classifier)\.|position_ids$/;

/**
 * The encoder of DNABERT-2 (Zhou et al. 2024) and DNABERT-S, as MosaicML's BERT computes it: attention with linear biases, and a
 * gated feed-forward network. No length limit follows from it.
 *
 * @throws ModelConfigError and WeightsError
 */
export function dnabert2Graph(path: string, config: Config, weights: Weights): Encoder {
  const read = checkConfig(path, config, {
    family: 'DNABERT-2',
    followed,
    fixed: {
      model_type: { values: ['bert'], else: 'another kind of model' },
      ...ENCODER_ONLY,
    },
    // Its encoder reads none of these; the padding is the tokenizer's.
    ignored: [
      'hidden_act',
      'max_position_embeddings',
      'pad_token_id',
      'position_embedding_type',
      'type_vocab_size',
      'vocab_size',
      'flash_attn',
    ],
  });
  const {
    hidden_size: dim,
    num_attention_heads: heads,
    intermediate_size: hidden,
    layer_norm_eps: epsilon,
  } = read;
  checkHeads(path, 'DNABERT-2', dim, heads);
  const tensors = new NamedTensors(weights);
  const word = 'embeddings.word_embeddings.weight';
  const prefix = tensors.prefixOf(word, ['bert.', '']);
  const of = new EncoderGraph('dnabert2', dim);
  const { graph } = of;
  const types = tensors.take(`${prefix}embeddings.token_type_embeddings.weight`, [null, dim]);
  const embedding = tensors.take(`${prefix}${word}`, [null, dim]);
  checkRows(path, config, { vocab_size: embedding, type_vocab_size: types });
  const firstType = graph.node('Gather', [of.take('types', types), graph.constant('type', 'int64', [], [0])]);
  let x = of.flat(of.add(of.embed('embedding', embedding), firstType));
  x = of.norm(x, tensors.norm(`${prefix}embeddings.LayerNorm`, dim), epsilon);
  of.layer(x);
  const bias = linearBiases(of, heads);
  for (let layer = 0; layer < read.num_hidden_layers; layer++) {
    const at = `${prefix}encoder.layer.${layer}`;
    const all = of.linear(x, tensors.linear(`${at}.attention.self.Wqkv`, 3 * dim, dim));
    const three = [`${at}.query`, `${at}.key`, `${at}.value`] as const;
    graph.node('Split', [of.deep(all, 3 * dim)], { axis: -1 }, { outputs: three });
    const attended = of.attention(three, { heads, bias });
    const out = of.linear(attended, tensors.linear(`${at}.attention.output.dense`, dim, dim));
    x = of.norm(of.add(out, x), tensors.norm(`${at}.attention.output.LayerNorm`, dim), epsilon);
    const gates = of.linear(x, tensors.linear(`${at}.mlp.gated_layers`, 2 * hidden, dim, false));
    const [first, second] = of.halves(gates);
    const down = of.linear(of.mul(of.gelu(first), second), tensors.linear(`${at}.mlp.wo`, dim, hidden));
    x = of.norm(of.add(down, x), tensors.norm(`${at}.mlp.layernorm`, dim), epsilon);
    of.layer(x);
  }
  tensors.refuseOthers('DNABERT-2', IGNORED);
  const head = maskedHead(tensors, 'bert', { embedding, tied: true });
  // The head alone follows `hidden_act`.
  const known = (config['hidden_act'] ?? 'gelu') === 'gelu' ? head : null;
  return of.finish(x, known === null ? [] : [languageHead(known, epsilon)]);
}

/** -slope × distance, for each head and pair of tokens: [1, heads, tokens, tokens]. */
function linearBiases(of: EncoderGraph, heads: number): string {
  const { graph } = of;
  const positions = graph.node('Cast', [of.positions], { to: ELEMENT.float32 });
  const along = (axis: number) => graph.node('Unsqueeze', [positions, of.whole(`axis_${axis}`, axis)]);
  const distance = graph.node('Abs', [graph.node('Sub', [along(0), along(1)])]);
  const slopes = graph.constant(
    'slopes',
    'float32',
    [1, heads, 1, 1],
    alibiSlopes(heads).map((slope) => -slope),
  );
  return of.mul(distance, slopes);
}

/** Slopes of attention with linear biases (Press et al. 2022), with its rule for heads that are no power of two. */
export function alibiSlopes(heads: number): number[] {
  const geometric = (count: number) => Array.from({ length: count }, (_, i) => 2 ** ((-8 * (i + 1)) / count));
  const power = 2 ** Math.floor(Math.log2(heads));
  const further = geometric(2 * power).filter((_, i) => i % 2 === 0);
  return [...geometric(power), ...further.slice(0, heads - power)];
}
