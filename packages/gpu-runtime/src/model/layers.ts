import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';

/** The rows after the last norm. */
const LAST = 'last_hidden_state';
/** The rows after each layer; 0 are those before the first. */
const LAYER = /^hidden_states\.(\d+)$/;

/** The number of the last layer; null if the graph's outputs do not tell. */
function lastLayer({ outputs }: Graph): number | null {
  const numbers = outputs.flatMap(({ name }) => LAYER.exec(name)?.[1] ?? []).map(Number);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

/**
 * The output of a layer, which is given by its name or its number: 0 are the embeddings before the first layer, the last has the
 * number of layers, and -1 is the last too, as in fair-esm's extract.py.
 *
 * @throws ModelError `model_mismatch` for a number that there is not.
 */
export function layerNamed(modelPath: string, graph: Graph, given: string): string {
  if (!/^-?\d+$/.test(given) || graph.outputs.some(({ name }) => name === given)) return given;
  const last = lastLayer(graph);
  const number = Number(given);
  const has = (output: string) => graph.outputs.some(({ name }) => name === output);
  // A graph that gives only logits gets this output later.
  if (number === -1 && last === null) return LAST;
  const place = number < 0 && last !== null ? last + 1 + number : number;
  if (place === last && has(LAST)) return LAST;
  const name = `hidden_states.${place}`;
  if (place >= 0 && has(name)) return name;
  throw new ModelError(
    'model_mismatch',
    modelPath,
    last === null
      ? `has no layer ${given}; its outputs: ${graph.outputs.map((output) => output.name).join(', ')}`
      : `has no layer ${given}; its layers are 0 to ${last}, or -${last + 1} to -1`,
    'choose one of these',
  );
}

/** How a layer with a number is called, such as `layer_33`; null if the graph's outputs do not tell its number. */
export function numberedLayer(graph: Graph, name: string): string | null {
  const last = lastLayer(graph);
  const number = LAYER.exec(name)?.[1] ?? (name === LAST && last !== null ? String(last) : undefined);
  return number === undefined ? null : `layer_${number}`;
}

/** How the layer of an output is called in the name of a file: `layer_33`, or the output's name if it has no number. */
export const layerLabel = (graph: Graph, name: string): string =>
  numberedLayer(graph, name) ?? name.replaceAll(/[^A-Za-z0-9_-]/g, '_');
