import type { GraphNode, Structure } from './graph-structure.js';
import { ACTIVATIONS, type Layer, NORMS, Walk } from './walk.js';

/** The value that enters the head of a masked language model: the last hidden state. */
export interface Hidden {
  /** Its name in the graph. */
  value: string;
  /** TensorProto.DataType. */
  type: number;
  /** Numbers of a token vector. */
  size: number;
  /** Entries of the vocabulary that the head tells apart. */
  vocabulary: number;
}

/**
 * Finds the last hidden state of a masked language model: back from `logits` over the product with the vocabulary,
 * a norm and an activation to the product whose input is that state.
 *
 * @returns a text that says why if the walk does not end in one clear place.
 */
export function findHidden(
  structure: Pick<Structure, 'nodes' | 'weights' | 'constants'>,
  logits: string,
): Hidden | string {
  const walk = new Walk(structure);
  const decoder = walk.back(logits);
  const guesses = single(decoder, `'${logits}'`);
  if (typeof guesses === 'string') return guesses;
  const transform = walk.back(guesses.entry);
  const dense = single(transform, 'the layer that gives the logits');
  if (typeof dense === 'string') return dense;
  const has = (names: readonly string[]) => names.some((name) => transform.between.has(name));
  if (!has(NORMS) || !has(ACTIVATIONS)) return 'its head has no activation with a norm';
  const before = walk.back(dense.entry);
  // A hidden state comes from several layers, over the connections that skip some.
  if (before.products.length === 1 && before.others.size === 0) return 'its head has more than two layers';
  const [inner, outer] = [walk.shapeOf(dense.product), walk.shapeOf(guesses.product)];
  if (inner === undefined || outer === undefined) return 'the weights of its head have no known shape';
  return { value: dense.entry, type: inner.type, size: inner.shape[0]!, vocabulary: outer.shape[1]! };
}

/** The one product that a layer is made of. */
function single(
  { entries, products, others }: Layer,
  what: string,
): { entry: string; product: GraphNode } | string {
  if (entries.size > 1 || products.length > 1) return `${what} comes from several layers`;
  const [other] = others;
  if (other !== undefined) return `${what} comes from ${other}`;
  const [entry] = entries;
  const [product] = products;
  return entry === undefined || product === undefined
    ? `${what} comes from no product with weights`
    : { entry, product };
}
