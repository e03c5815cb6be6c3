import * as z from '@holdfast/schema';
import type { Encoder } from '../../onnx/encoder.js';
import { EncoderGraph } from '../../onnx/encoder-graph.js';
import type { StoredTensor } from '../../onnx/stored-tensor.js';
import { NamedTensors } from '../../weights/named-tensors.js';
import { readTensor } from '../../weights/safetensors.js';
import type { Weights } from '../../weights/weights.js';
import { WeightsError } from '../../weights/weights-error.js';
import { type Config, checkConfig } from '../check-config.js';
import { checkRows, count, layerCount } from '../config-keys.js';

const followed = z.object({
  num_layers: layerCount,
  d_model: count,
  d_kv: count,
  d_ff: count,
  num_heads: count,
  layer_norm_epsilon: z.number().positive().default(1e-6),
  relative_attention_num_buckets: z.number().int().positive().multipleOf(4).default(32),
  // The graph holds a bucket for each distance.
  relative_attention_max_distance: count.max(100_000).default(128),
});

/** A whole T5 holds its decoder too. */
const IGNORED = /^(decoder|lm_head)\./;

/** Names of the table of embeddings; a checkpoint may hold it under both. */
const TABLES = ['shared.weight', 'encoder.embed_tokens.weight'] as const;

/**
 * The encoder of a T5 as ProtT5 is one (Elnaggar et al. 2022): relative positions, norms without a bias, no scale of the scores.
 *
 * @throws ModelConfigError and WeightsError
 */
export function t5Graph(path: string, config: Config, weights: Weights): Encoder {
  const read = checkConfig(path, config, {
    family: 'T5 encoder',
    followed,
    fixed: {
      model_type: { values: ['t5'], else: 'another kind of model' },
      feed_forward_proj: { values: [undefined, 'relu'], else: 'a gated T5, such as Ankh' },
      dense_act_fn: { values: [undefined, 'relu'], else: 'another activation' },
      is_gated_act: { values: [undefined, false], else: 'a gated T5, such as Ankh' },
      is_decoder: { values: [undefined, false], else: 'a decoder' },
    },
    ignored: [
      'decoder_start_token_id',
      'dropout_rate',
      'initializer_factor',
      'is_encoder_decoder',
      'n_positions',
      'num_decoder_layers',
      'scale_decoder_outputs',
      'output_past',
      'pad_token_id',
      'task_specific_params',
      'vocab_size',
    ],
  });
  const { d_model: dim, num_heads: heads, d_ff: hidden, layer_norm_epsilon: epsilon } = read;
  const width = heads * read.d_kv;
  const tensors = new NamedTensors(weights);
  const of = new EncoderGraph('t5', dim);
  const { graph } = of;
  const table = embedding(tensors, dim);
  checkRows(path, config, { vocab_size: table });
  let x = of.flat(of.embed('embedding', table));
  of.layer(x);
  const block = (index: number) => `encoder.block.${index}.layer`;
  const buckets = read.relative_attention_num_buckets;
  const bias = relativeBias(of, {
    table: tensors.take(`${block(0)}.0.SelfAttention.relative_attention_bias.weight`, [buckets, heads]),
    buckets,
    furthest: read.relative_attention_max_distance,
  });
  const linear = (input: string, name: string, out: number, into: number) =>
    of.linear(input, tensors.linear(name, out, into, false));
  for (let index = 0; index < read.num_layers; index++) {
    const at = block(index);
    const y = of.rootMeanSquareNorm(x, tensors.norm(`${at}.0.layer_norm`, dim, false), epsilon);
    const part = (name: string) => of.deep(linear(y, `${at}.0.SelfAttention.${name}`, width, dim), width);
    const attended = of.attention([part('q'), part('k'), part('v')], { heads, width, bias, scale: 1 });
    x = of.add(x, linear(attended, `${at}.0.SelfAttention.o`, dim, width));
    const z = of.rootMeanSquareNorm(x, tensors.norm(`${at}.1.layer_norm`, dim, false), epsilon);
    const up = graph.node('Relu', [linear(z, `${at}.1.DenseReluDense.wi`, hidden, dim)]);
    const wo = tensors.linear(`${at}.1.DenseReluDense.wo`, dim, hidden, false);
    // Its sums pass 65,504, the largest number of half precision.
    x = of.add(x, of.linear(up, wo, { full: true }));
    of.layer(x);
  }
  x = of.rootMeanSquareNorm(x, tensors.norm('encoder.final_layer_norm', dim, false), epsilon);
  tensors.refuseOthers('T5 encoder', IGNORED);
  return of.finish(x);
}

/** What each head adds to a score, by the distance of the two tokens: [1, heads, tokens, tokens]. */
function relativeBias(
  of: EncoderGraph,
  { table, buckets, furthest }: { table: StoredTensor; buckets: number; furthest: number },
): string {
  const { graph } = of;
  const along = (axis: number) => graph.node('Unsqueeze', [of.positions, of.whole(`axis_${axis}`, axis)]);
  const distance = graph.node('Sub', [along(0), along(1)]);
  const limit = (name: string, value: number) => graph.constant(name, 'int64', [], [value]);
  const clipped = graph.node('Clip', [
    distance,
    limit('furthest_left', -furthest),
    limit('furthest_right', furthest),
  ]);
  const place = graph.node('Add', [clipped, limit('furthest', furthest)]);
  const bucketOf = graph.constant(
    'buckets',
    'int64',
    [2 * furthest + 1],
    Array.from({ length: 2 * furthest + 1 }, (_, i) => relativeBucket(i - furthest, buckets, furthest)),
  );
  const values = graph.node('Gather', [
    of.take('relative_bias', table),
    graph.node('Gather', [bucketOf, place]),
  ]);
  const perHead = graph.node('Transpose', [values], { perm: [2, 0, 1] });
  return graph.node('Unsqueeze', [perHead, of.whole('axis_0', 0)]);
}

/**
 * The bucket of a distance, key - query: half of the buckets for each side, half of those exact, the others wider by a power law.
 *
 * @param furthest the distance from which all are in the last bucket.
 */
export function relativeBucket(distance: number, buckets: number, furthest: number): number {
  const side = buckets / 2;
  const exact = side / 2;
  const from = distance > 0 ? side : 0;
  const far = Math.abs(distance);
  if (far < exact) return from + far;
  // In float32, as the public code: at the bounds the rounding decides.
  const share = Math.fround(
    Math.fround(Math.log(Math.fround(far / exact))) / Math.fround(Math.log(furthest / exact)),
  );
  return from + Math.min(exact + Math.floor(Math.fround(share * (side - exact))), side - 1);
}

/** @throws WeightsError if there are two tables that differ: loaders do not agree which one counts. */
function embedding(tensors: NamedTensors, dim: number): StoredTensor {
  const [table, ...copies] = TABLES.filter((name) => tensors.has(name)).map((name) =>
    tensors.take(name, [null, dim]),
  );
  if (table === undefined) return tensors.take(TABLES[0], [null, dim]);
  if (copies.some((copy) => !sameValues(table, copy)))
    throw new WeightsError(
      'weights_mismatch',
      tensors.path,
      `holds two different tables of embeddings, '${TABLES.join("' and '")}'`,
    );
  return table;
}

function sameValues(one: StoredTensor, other: StoredTensor): boolean {
  if (one.file === other.file && one.offset === other.offset && one.length === other.length) return true;
  return one.type === other.type && Buffer.compare(readTensor(one), readTensor(other)) === 0;
}
