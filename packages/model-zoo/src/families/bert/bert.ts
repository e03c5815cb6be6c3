import * as z from '@holdfast/schema';
import type { Encoder } from '../../onnx/encoder.js';
import { EncoderGraph } from '../../onnx/encoder-graph.js';
import { languageHead } from '../../onnx/language-head.js';
import { NamedTensors } from '../../weights/named-tensors.js';
import type { Weights } from '../../weights/weights.js';
import { WeightsError } from '../../weights/weights-error.js';
import { type Config, checkConfig } from '../check-config.js';
import { checkHeads, checkPlaces, checkRows, ENCODER_ONLY, layerNormEpsilon, sizes } from '../config-keys.js';
import { maskedHead } from './masked-head.js';

const followed = z.object({
  model_type: z.enum(['bert', 'roberta']),
  ...sizes,
  layer_norm_eps: layerNormEpsilon,
  pad_token_id: z.number().int().nullish(),
  tie_word_embeddings: z.boolean().nullish(),
});

const IGNORED = /^([^.]+\.)?(pooler|cls|classifier|lm_head)\.|position_ids$/;

/**
 * The encoder of a BERT (Devlin et al. 2019) or RoBERTa, such as ProtBERT and DNABERT. `tokens` is how many its table of
 * positions has room for, `positionPadding` the padding ID that positions are counted from, null for a BERT.
 *
 * @throws ModelConfigError and WeightsError
 */
export function bertGraph(
  path: string,
  config: Config,
  weights: Weights,
): { encoder: Encoder; tokens: number; positionPadding: number | null } {
  const read = checkConfig(path, config, {
    family: 'BERT',
    followed,
    fixed: {
      // The default of both classes is gelu.
      hidden_act: { values: [undefined, 'gelu'], else: 'another activation' },
      position_embedding_type: { values: [undefined, 'absolute'], else: 'relative positions' },
      ...ENCODER_ONLY,
      alibi_starting_size: { values: [undefined], else: 'a DNABERT-2' },
    },
    ignored: ['max_position_embeddings', 'mask_token_id', 'type_vocab_size', 'vocab_size'],
  });
  const {
    hidden_size: dim,
    num_attention_heads: heads,
    intermediate_size: hidden,
    layer_norm_eps: epsilon,
  } = read;
  checkHeads(path, 'BERT', dim, heads);
  checkPlaces(path, 'BERT', config, weights);
  const tensors = new NamedTensors(weights);
  const word = 'embeddings.word_embeddings.weight';
  refuseOtherKind(path, read.model_type, tensors);
  const prefix = tensors.prefixOf(word, [`${read.model_type}.`, '']);
  const of = new EncoderGraph('bert', dim);
  const { graph } = of;
  // RoBERTa's positions follow the padding's own place.
  const positionPadding = read.model_type === 'roberta' ? (read.pad_token_id ?? 1) : null;
  const first = positionPadding === null ? 0 : positionPadding + 1;
  const positions = tensors.take(`${prefix}embeddings.position_embeddings.weight`, [null, dim]);
  const places = graph.node('Add', [of.positions, of.whole('first_place', first)]);
  const types = tensors.take(`${prefix}embeddings.token_type_embeddings.weight`, [null, dim]);
  const table = tensors.take(`${prefix}${word}`, [null, dim]);
  checkRows(path, config, {
    vocab_size: table,
    max_position_embeddings: positions,
    type_vocab_size: types,
  });
  let x = of.add(
    of.embed('embedding', table),
    graph.node('Gather', [of.take('types', types), graph.constant('type', 'int64', [], [0])]),
  );
  x = of.flat(of.add(x, graph.node('Gather', [of.take('positions', positions), places])));
  x = of.norm(x, tensors.norm(`${prefix}embeddings.LayerNorm`, dim), epsilon);
  of.layer(x);
  for (let layer = 0; layer < read.num_hidden_layers; layer++) {
    const at = `${prefix}encoder.layer.${layer}`;
    const part = (name: string) =>
      of.deep(of.linear(x, tensors.linear(`${at}.attention.self.${name}`, dim, dim)));
    const attended = of.attention([part('query'), part('key'), part('value')], { heads });
    const out = of.linear(attended, tensors.linear(`${at}.attention.output.dense`, dim, dim));
    x = of.norm(of.add(out, x), tensors.norm(`${at}.attention.output.LayerNorm`, dim), epsilon);
    const up = of.gelu(of.linear(x, tensors.linear(`${at}.intermediate.dense`, hidden, dim)));
    const down = of.linear(up, tensors.linear(`${at}.output.dense`, dim, hidden));
    x = of.norm(of.add(down, x), tensors.norm(`${at}.output.LayerNorm`, dim), epsilon);
    of.layer(x);
  }
  tensors.refuseOthers('BERT', IGNORED);
  const head = maskedHead(tensors, read.model_type, {
    embedding: table,
    tied: read.tie_word_embeddings ?? true,
  });
  const logits = head === null ? [] : [languageHead(head, epsilon)];
  return { encoder: of.finish(x, logits), tokens: positions.shape[0]! - first, positionPadding };
}

/** A RoBERTa is a BERT with other places, which only the names of its tensors show. */
const NAMES = { bert: /^(bert|cls)\./, roberta: /^(roberta|lm_head)\./ } as const;

/** @throws WeightsError if the weights have the names of the other kind: Transformers would load none of them. */
function refuseOtherKind(path: string, type: keyof typeof NAMES, tensors: NamedTensors): void {
  const other = type === 'bert' ? 'roberta' : 'bert';
  const name = tensors.left(/^$/).find((each) => NAMES[other].test(each));
  if (name === undefined) return;
  const what = `model_type is ${type}, but the weights have the names of a ${other}, such as '${name}'`;
  throw new WeightsError('weights_mismatch', path, what);
}
