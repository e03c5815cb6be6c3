import type { Encoder } from '../../onnx/encoder.js';
import { EncoderGraph, type Head, type Rotation, rotaryFrequencies } from '../../onnx/encoder-graph.js';
import { languageHead } from '../../onnx/language-head.js';
import type { EsmConfig } from './config.js';
import { type Attended, contactsHead } from './contacts.js';
import type { EsmLayer, EsmWeights } from './weights.js';

/** Share of tokens that training neither masked nor dropped. */
const KEPT = 1 - 0.15 * 0.8;

/**
 * The encoder of an ESM-2 (Lin et al. 2023), an ESM-1b (Rives et al. 2021) or a Nucleotide Transformer v2 (Dalla-Torre et al.
 * 2024), as fair-esm and Hugging Face compute it. For calls whose sequences have one length; see {@link EncoderGraph}.
 */
export function esmGraph(config: EsmConfig, weights: EsmWeights): Encoder {
  const { dim, epsilon } = config;
  const of = new EncoderGraph('esm', dim);
  let x = of.embed('embedding', weights.embedding);
  if (config.tokenDropout) x = afterTokenDropout(of, x, config.maskToken);
  if (weights.positions !== null) {
    // Positions follow the padding's own place, as in fairseq.
    const places = of.graph.node('Add', [of.positions, of.whole('first_place', config.padToken + 1)]);
    x = of.add(x, of.graph.node('Gather', [of.take('positions', weights.positions), places]));
  }
  x = of.flat(x);
  if (weights.normBefore !== null) x = of.norm(x, weights.normBefore, epsilon);
  of.layer(x);
  const rotation = rotations(of, config);
  const attended: Attended[] = [];
  for (const layer of weights.layers) {
    const y = of.norm(x, layer.attentionNorm, epsilon);
    x = of.add(
      x,
      of.linear(attention(of, config, layer, { y, rotation: rotation(layer), attended }), layer.attentionOut),
    );
    const up = of.linear(of.norm(x, layer.feedForwardNorm, epsilon), layer.up);
    x = of.add(x, of.linear(activated(of, config, up), layer.down));
    of.layer(x);
  }
  const heads: Head[] = [];
  if (weights.head !== null) heads.push(languageHead(weights.head, epsilon));
  if (weights.contacts !== null) heads.push(contactsHead(attended, weights.contacts, config));
  return of.finish(of.norm(x, weights.lastNorm, epsilon), heads);
}

function attention(
  of: EncoderGraph,
  { heads }: EsmConfig,
  layer: EsmLayer,
  { y, rotation, attended }: { y: string; rotation: Rotation | null; attended: Attended[] },
): string {
  const place = (input: string) => (rotation === null ? of.deep(input) : of.rotated(input, rotation, heads));
  const [queries, keys] = [of.linear(y, layer.query), of.linear(y, layer.key)];
  const [query, key] = [place(queries), place(keys)];
  attended.push({ query, key });
  return of.attention([query, key, of.deep(of.linear(y, layer.value))], { heads });
}

function activated(of: EncoderGraph, { gated }: EsmConfig, up: string): string {
  if (gated === null) return of.gelu(up);
  const [first, second] = of.halves(up);
  return of.mul(of.silu(first), second);
}

/** The rotation of each layer. Checkpoints hold the frequencies, rounded, and computing them anew gives other embeddings. */
function rotations(
  of: EncoderGraph,
  { dim, heads, positions, rotaryBase }: EsmConfig,
): (layer: EsmLayer) => Rotation | null {
  const made = new Map<string, Rotation>();
  return ({ query, frequencies }) => {
    if (positions === 'absolute') return null;
    const key = frequencies === null ? 'computed' : `${frequencies.file}:${frequencies.offset}`;
    let rotation = made.get(key);
    if (rotation === undefined) {
      const size = dim / heads;
      rotation = of.rotation(
        frequencies === null
          ? of.graph.constant('frequencies', 'float32', [size / 2], rotaryFrequencies(size, rotaryBase))
          : of.take(`${query.name}.frequencies`, frequencies),
      );
      made.set(key, rotation);
    }
    return rotation;
  };
}

/** Training dropped 12 % of the tokens. Every sequence is scaled to make up for it; mask tokens become zeros and count as dropped. */
function afterTokenDropout(of: EncoderGraph, x: string, maskToken: number): string {
  const { graph } = of;
  const is = graph.node('Equal', [of.ids, of.whole('mask_token', maskToken)]);
  const masked = graph.node('Unsqueeze', [is, of.whole('axis_2', 2)]);
  const share = graph.node('ReduceMean', [graph.node('Cast', [masked], { to: 1 })], {
    axes: [1],
    keepdims: 1,
  });
  const zeroed = graph.node('Where', [masked, of.scalar('nothing', 0), x]);
  const left = graph.node('Sub', [of.scalar('all', 1), share]);
  return graph.node('Div', [of.mul(zeroed, of.scalar('kept', KEPT)), left]);
}
