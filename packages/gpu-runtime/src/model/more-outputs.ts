import { OptionRangeError } from '@holdfast/options';
import { lastLength } from '../graph/graph-output.js';
import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';
import type { Description } from './description.js';
import { poolingsIn } from './include.js';
import { layerLabel, layerNamed } from './layers.js';
import type { ModelOverrides } from './model-overrides.js';
import type { MoreOutputs, RowOutput, TokenOutput } from './recipe.js';

const LOGITS = 'logits';
const CONTACTS = 'contacts';

/**
 * Adds to a description what is computed beside its rows.
 *
 * @param graph with all outputs that can be asked for.
 * @throws ModelError `model_mismatch` for a layer that there is not; `model_unsupported` for what the model cannot give.
 */
export function withMore(
  modelPath: string,
  description: Description,
  { layers = [], include = [] }: Pick<ModelOverrides, 'layers' | 'include'>,
  graph: Graph,
): Description {
  if (layers.length === 0 && include.length === 0) return description;
  const { dim, recipe } = description;
  const { name: primary, pooling } = recipe.output;
  const refused = (what: string, remedy: string) =>
    new ModelError('model_unsupported', modelPath, what, remedy);
  if (pooling === 'none')
    throw refused(
      `gives one row for each sequence and no numbers of tokens, so there is nothing to include: ${[...include, ...layers.map((layer) => `layer ${layer}`)].join(', ')}`,
      'leave out --include, and give one layer',
    );
  const names = [primary];
  for (const layer of layers) {
    const name = layerNamed(modelPath, graph, layer);
    // Two ways to name one layer, such as -1 and 33.
    if (names.includes(name))
      throw refused(
        `is to give layer ${layer} twice: it is ${name}, which is asked for already`,
        'name each layer once',
      );
    names.push(name);
  }
  const labelOf = (name: string) => layerLabel(graph, name);
  const labels = names.map(labelOf);
  if (new Set(labels).size < labels.length)
    throw refused(
      `has layers whose files would have the same name: ${names.join(', ')}`,
      'choose one of them in each run',
    );
  const dimOf = (name: string) => (name === primary ? dim : (lastLength(graph, name) ?? dim));
  const poolings = [pooling, ...poolingsIn(include).filter((each) => each !== pooling)];
  const rows: RowOutput[] = names.flatMap((of) =>
    poolings
      .filter((each) => of !== primary || each !== pooling)
      .map((each) => ({ name: `${each}.${labelOf(of)}`, of, pooling: each, dim: dimOf(of) })),
  );
  const tokens: TokenOutput[] = include.includes('per_token')
    ? names.map((of) => ({ name: `per_token.${labelOf(of)}`, of, dim: dimOf(of) }))
    : [];
  const offered = (name: string) => graph.outputs.some((output) => output.name === name);
  const given = include.filter((each) => each === LOGITS || each === CONTACTS);
  const missing = given.find((each) => !offered(each) || each === primary);
  if (missing !== undefined)
    throw refused(`gives no ${missing}${WHY[missing]}`, `leave ${missing} out of --include`);
  if (include.includes(LOGITS)) tokens.push({ name: LOGITS, of: LOGITS, dim: lastLength(graph, LOGITS)! });
  const more: MoreOutputs = {
    ...(rows.length > 0 && { rows }),
    ...(tokens.length > 0 && { tokens }),
    ...(include.includes(CONTACTS) && { pairs: [{ name: CONTACTS, of: CONTACTS }] }),
  };
  if (Object.keys(more).length === 0) return description;
  return {
    ...description,
    dim: dim + rows.reduce((sum, each) => sum + each.dim, 0),
    recipe: { ...recipe, more },
  };
}

const WHY = {
  logits:
    ': its weights have no head for masked language modelling, or its graph does not give them beside its rows',
  contacts:
    ': only ESM-2 with its contact regression gives them (the -contact-regression.pt beside a .pt of fair-esm)',
} as const;

/** Numbers of the recipe's own output in a row. @param dim those of the whole row. */
export const ownDim = (dim: number, { rows = [] }: MoreOutputs = {}): number =>
  dim - rows.reduce((sum, each) => sum + each.dim, 0);

/** The outputs of the graph that a recipe takes, each once. */
export function graphOutputs({
  output,
  more = {},
}: {
  output: { name: string };
  more?: MoreOutputs | undefined;
}): string[] {
  const { rows = [], tokens = [], pairs = [] } = more;
  return [...new Set([output.name, ...[...rows, ...tokens, ...pairs].map(({ of }) => of)])];
}

/** @throws OptionRangeError for numbers of tokens of sequences that are cut into windows. */
export function refuseTokensOfWindows({ tokens = [], pairs = [] }: MoreOutputs = {}): void {
  const [first] = [...tokens, ...pairs];
  if (first !== undefined)
    throw new OptionRangeError(
      `${first.name}: numbers of tokens cannot be joined over windows; leave --long-sequences windows out, or cut the records with --chunk`,
      { of: 'resolveModel', option: 'include', given: first.name },
    );
}
