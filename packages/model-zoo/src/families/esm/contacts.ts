import { CONTACTS } from '../../onnx/encoder.js';
import type { EncoderGraph, Head } from '../../onnx/encoder-graph.js';
import type { Affine } from '../../weights/named-tensors.js';

/** Queries and keys of a layer, [n, tokens, dim] each, as its attention takes them. */
export interface Attended {
  query: string;
  key: string;
}

/**
 * `contacts`, as fair-esm predicts them (Rao et al. 2021): logistic regression over the attention maps of all heads of all
 * layers, without the first and last token, made symmetric and freed of what row and column alone explain. Attention is
 * computed a second time, since the fused operator does not give its maps. One layer's maps are in memory at a time.
 *
 * @param regression weight [1, layers × heads], layer by layer.
 */
export function contactsHead(
  layers: readonly Attended[],
  regression: Affine,
  { dim, heads }: { dim: number; heads: number },
): Head {
  return (of) => {
    const { graph } = of;
    const all = of.take(`${regression.name}.weight`, regression.weight);
    const scores = layers.map(({ query, key }, layer) => {
      const maps = attentionMaps(of, { query, key }, { heads, size: dim / heads });
      const [from, to] = [
        of.whole(`head_${layer * heads}`, layer * heads),
        of.whole(`head_${(layer + 1) * heads}`, (layer + 1) * heads),
      ];
      const own = graph.node('Slice', [all, from, to, of.whole('axis_1', 1)]);
      const weights = graph.node('Reshape', [own, of.whole('weight_a_head', 1, heads, 1, 1)]);
      return sum(of, of.mul(corrected(of, maps), weights), [1], 0);
    });
    const total = scores.reduce((a, b) => of.add(a, b));
    const bias = of.take(`${regression.name}.bias`, regression.bias!);
    const contacts = graph.node('Sigmoid', [of.add(total, bias)]);
    return of.offer(CONTACTS, contacts, ['n', 'residues', 'residues']);
  };
}

/** Softmax of the scores of residues: [n, heads, residues, residues]. */
function attentionMaps(
  of: EncoderGraph,
  { query, key }: Attended,
  { heads, size }: { heads: number; size: number },
): string {
  const { graph } = of;
  // A zero keeps a length.
  const parted = (input: string, ...perm: number[]) =>
    graph.node('Transpose', [graph.node('Reshape', [input, of.whole('heads', 0, 0, heads, size)])], { perm });
  const scores = graph.node('MatMul', [parted(query, 0, 2, 1, 3), parted(key, 0, 2, 3, 1)]);
  const shares = graph.node('Softmax', [of.mul(scores, of.scalar('score_scale', size ** -0.5))], {
    axis: -1,
  });
  const [first, last] = [of.whole('first_residue', 1, 1), of.whole('last_token', -1, -1)];
  return graph.node('Slice', [shares, first, last, of.whole('residue_axes', 2, 3)]);
}

/** Average product correction of the symmetric maps. */
function corrected(of: EncoderGraph, maps: string): string {
  const { graph } = of;
  const symmetric = of.add(maps, graph.node('Transpose', [maps], { perm: [0, 1, 3, 2] }));
  const product = of.mul(sum(of, symmetric, [3], 1), sum(of, symmetric, [2], 1));
  const average = graph.node('Div', [product, sum(of, symmetric, [2, 3], 1)]);
  return graph.node('Sub', [symmetric, average]);
}

const sum = (of: EncoderGraph, input: string, axes: number[], keepdims: 0 | 1): string =>
  of.graph.node('ReduceSum', [input, of.whole(`axes_${axes.join('_')}`, ...axes)], { keepdims });
