import type { ModelRecipe } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import type { Graph } from './graph-reader.js';

/** The usual name of the token vectors in an exported encoder. */
const HIDDEN = 'last_hidden_state';
/** A head's predictions: they have the shape of token vectors, but rows are never made of them by default. */
const GUESSES = 'logits';

/**
 * The output that rows are made of: the requested one, else `last_hidden_state`, else the only float output
 * with three dimensions. An output with two dimensions already holds rows and is used only on request.
 *
 * @throws ModelError `model_mismatch` if there is no candidate, or several.
 */
export function chooseOutput(
  modelPath: string,
  graph: Graph,
  wanted: Partial<ModelRecipe['output']>,
): ModelRecipe['output'] {
  const { outputs } = graph;
  const name = wanted.name ?? meantOutput(graph);
  if (name === undefined) {
    const offered = outputs.map((output) => `${output.name} ${output.type} [${output.shape}]`).join(', ');
    throw new ModelError(
      'model_mismatch',
      modelPath,
      `has no '${HIDDEN}', nor exactly one float output of shape [n, tokens, dim]: ${offered}`,
      'choose one with output.name in holdfast.json',
    );
  }
  const rank = outputs.find((output) => output.name === name)?.shape.length;
  return { name, pooling: wanted.pooling ?? (rank === 2 ? 'none' : 'mean') };
}

/** The default output, if there is exactly one candidate. */
export function meantOutput({ outputs }: Graph): string | undefined {
  const candidates = outputs.filter(
    ({ name, type, shape }) => name !== GUESSES && type.startsWith('float') && shape.length === 3,
  );
  const hidden =
    outputs.find(({ name }) => name === HIDDEN) ?? (candidates.length === 1 ? candidates[0] : undefined);
  return hidden?.name;
}

/** Facts about a row. */
export interface RowFacts {
  dim: number;
  columns?: readonly string[] | undefined;
}

/**
 * The facts about a row of the chosen output. The folder's facts apply only to its own output; any other
 * output has the dimension in the graph and no column names.
 *
 * @param outputs `meant`: the folder's own output, undefined if it has none; `taken`: the chosen one.
 */
export function rowFacts(
  graph: Graph,
  { meant, taken }: { meant: string | undefined; taken: string },
  { dim, columns }: RowFacts,
): { dim: number; columns?: readonly string[] } {
  const same = meant === undefined || meant === taken;
  return {
    dim: same ? dim : (lastLength(graph, taken) ?? dim),
    ...(columns === undefined || !same ? {} : { columns }),
  };
}

/** Numbers in a vector of an output, if the graph declares it. */
export function lastLength({ outputs }: Graph, name: string): number | undefined {
  const last = outputs.find((output) => output.name === name)?.shape.at(-1);
  return typeof last === 'number' && last > 0 ? last : undefined;
}
