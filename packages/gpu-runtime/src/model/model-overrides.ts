import { array, object, oneOf, value, whole, words } from '@holdfast/options';
import { rowFacts } from '../graph/graph-output.js';
import type { Graph } from '../graph/graph-reader.js';
import { ModelError } from '../model-error.js';
import type { Windows } from '../sequences/windows.js';
import type { Description } from './description.js';
import { DESCRIPTOR, LONG_SEQUENCES, type LongReading, type LongSequences } from './descriptor.js';
import { INCLUDES, type Include } from './include.js';
import { layerNamed } from './layers.js';
import { PRECISIONS, type Precision } from './precision.js';
import { type ModelRecipe, POOLINGS, type Pooling } from './recipe.js';
import { STORED_TYPES, type StoredType } from './stored-type.js';

/** Settings that override the model's folder. Each changes results and therefore the fingerprint. */
export interface ModelOverrides {
  /** How token vectors are pooled into a row; see {@link Pooling}. */
  pooling?: Pooling | undefined;
  /**
   * `truncate` drops the residues that the model does not read; `windows` cuts the sequence into windows and
   * averages their rows, weighted by residues. Default: truncate.
   */
  longSequences?: LongSequences | undefined;
  /** Residues that a window shares with its predecessor. Default: 0. */
  windowOverlap?: number | undefined;
  /** The graph's output that rows are made of, such as one of several layers: its name, or the layer's number. */
  output?: string | undefined;
  /** Further layers: their rows are computed too, in the same pass. Names of the graph's outputs, or numbers. */
  layers?: readonly string[] | undefined;
  /** What is computed beside the rows, in the same pass. */
  include?: readonly Include[] | undefined;
  /** How numbers are stored; float16 and bfloat16 are rounded. Default: float32. */
  dtype?: StoredType | undefined;
  /** What the model computes in; see {@link Precision}. An exported folder has a graph for each. Default: fp32. */
  precision?: Precision | undefined;
}

export const modelOverrides = object<ModelOverrides>({
  pooling: oneOf(POOLINGS),
  longSequences: oneOf(LONG_SEQUENCES),
  windowOverlap: whole(0),
  output: words,
  layers: array(words, 'layers'),
  include: array(oneOf(INCLUDES), 'outputs'),
  dtype: oneOf(STORED_TYPES),
  precision: oneOf(PRECISIONS),
});

/** An overlap has no effect unless `longSequences` is windows. */
export const noOverlap = value(
  "left out, because long sequences are truncated; or choose longSequences 'windows'",
  (given) => given === undefined,
);

/** The output that rows are made of, as far as overrides say. @throws ModelError `model_mismatch` for a layer's number that there is not. */
export function wantedOutput(
  modelPath: string,
  { output: name, pooling }: ModelOverrides,
  graph: Graph,
): Partial<ModelRecipe['output']> {
  return {
    ...(name === undefined ? {} : { name: layerNamed(modelPath, graph, name) }),
    ...(pooling === undefined ? {} : { pooling }),
  };
}

/** Applies the caller's choice of output to a complete descriptor. */
export function overridden(
  description: Description,
  { pooling, name }: Partial<ModelRecipe['output']>,
  graph: Graph,
): Description {
  const { recipe, dim, columns, ...rest } = description;
  const output = { name: name ?? recipe.output.name, pooling: pooling ?? recipe.output.pooling };
  return {
    ...rest,
    ...rowFacts(graph, { meant: recipe.output.name, taken: output.name }, { dim, columns }),
    recipe: { ...recipe, output },
  };
}

/**
 * The windows that long sequences are cut into, each as long as the model reads.
 *
 * @throws ModelError `model_unsupported` if the model reads any length; `model_mismatch` if the overlap is
 * not shorter than a window.
 */
export function windowsOf(
  modelPath: string,
  { maxResidues, maxTokens, recipe: { prefix, suffix, pieces = [] } }: Description,
  { longSequences = 'truncate', windowOverlap: overlap = 0 }: LongReading,
): Windows | undefined {
  if (longSequences === 'truncate') return undefined;
  // A token is at least one residue, so a window of this many always fits.
  const fitting = maxTokens === undefined ? undefined : maxTokens - prefix.length - suffix.length;
  // Whole pieces, so that the end of a window is not spelled in single residues.
  const whole = fitting === undefined ? undefined : fitting - (fitting % longestOf(pieces));
  const residues = Number.isFinite(maxResidues) ? maxResidues : whole || fitting;
  if (residues === undefined) {
    const what = 'reads sequences of any length whole, so there are no windows to cut';
    const remedy = `choose truncate for long sequences, which drops nothing here, or set maxResidues in ${DESCRIPTOR}`;
    throw new ModelError('model_unsupported', modelPath, what, remedy);
  }
  if (!Number.isInteger(overlap) || overlap < 0 || overlap >= residues) {
    const what = `windows of ${residues} residues cannot overlap by ${overlap}`;
    throw new ModelError('model_mismatch', modelPath, what, `choose 0 to ${residues - 1}`);
  }
  return { residues, overlap };
}

const longestOf = (pieces: NonNullable<ModelRecipe['pieces']>): number =>
  pieces.reduce((longest, [piece]) => Math.max(longest, piece.length), 1);
