import type { Graph } from './graph-reader.js';
import { ModelError } from './model-error.js';
import type { ModelRecipe } from './recipe.js';

/** What an encoder's vectors of tokens are called in an export. */
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
  { outputs }: Graph,
  wanted: Partial<ModelRecipe['output']>,
): ModelRecipe['output'] {
  const candidates = outputs.filter(
    ({ name, type, shape }) => name !== GUESSES && type.startsWith('float') && shape.length === 3,
  );
  const hidden =
    outputs.find(({ name }) => name === HIDDEN) ?? (candidates.length === 1 ? candidates[0] : undefined);
  const name = wanted.name ?? hidden?.name;
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

/** Numbers in a vector of an output, where the graph says. */
export function lastLength({ outputs }: Graph, name: string): number | undefined {
  const last = outputs.find((output) => output.name === name)?.shape.at(-1);
  return typeof last === 'number' && last > 0 ? last : undefined;
}
