import type { ModelRecipe } from '../model/recipe.js';
import { ModelError } from '../model-error.js';
import type { Graph } from './graph-reader.js';

/** The usual name of an encoder's token vectors in an export. */
const HIDDEN = 'last_hidden_state';
/** And what the guesses of a head are called, which are vectors of tokens too, and never meant. */
const GUESSES = 'logits';

/**
 * The output that rows are made of: the one asked for, else `last_hidden_state`, else the only one that can be it, of floats
 * in three dimensions. An output of two dimensions is a row already, and is taken only where it is asked for.
 *
 * @throws ModelError `model_mismatch` if none or several can be meant.
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
      `has no '${HIDDEN}', and not one single output of floats [n, tokens, dim] either: ${offered}`,
      'choose one by output.name in holdfast.json',
    );
  }
  const rank = outputs.find((output) => output.name === name)?.shape.length;
  return { name, pooling: wanted.pooling ?? (rank === 2 ? 'none' : 'mean') };
}

/** The output used by default, if there is a clear one. */
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
 * The folder's facts about a row hold for the output that it means. Another output has the dimension of the graph, and
 * columns without names.
 *
 * @param outputs `meant` by the folder, undefined where it means none of its own; and `taken`.
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

/** Numbers in a vector of an output, where the graph says. */
export function lastLength({ outputs }: Graph, name: string): number | undefined {
  const last = outputs.find((output) => output.name === name)?.shape.at(-1);
  return typeof last === 'number' && last > 0 ? last : undefined;
}
