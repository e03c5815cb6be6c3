import type { Alphabet } from './alphabet.js';
import type { ModelRecipe } from './recipe.js';

/** What is known of a model before it is loaded: enough to plan a run, and to tell whether an older run used the same. */
export interface ModelSource {
  name: string;
  /** Absolute path of the model's folder. */
  folder: string;
  /** Absolute path of its `model.onnx`. */
  modelPath: string;
  alphabet: Alphabet;
  /** Numbers in a row. */
  dim: number;
  /** What each number is, where the model says; `dim` names. */
  columns?: readonly string[];
  /** Residues of a sequence that are read, from its start; Infinity if all are. */
  maxResidues: number;
  /** Tokens added to each sequence. */
  specialTokens: number;
  /** Tokens in a batch, padding included, that suit the model where nobody asks for another number. */
  batchTokens: number;
  /** SHA-256, hex, over the graph with its weights and everything else that changes results. */
  fingerprint: string;
  /** Why a row is all zeros, where the model has a reason for it. */
  zeroRowMeaning?: string;
  /** How sequences are put into the graph, and rows taken out. */
  recipe: ModelRecipe;
}

/**
 * Tokens that a sequence of so many residues takes in a batch, padding not counted. `embed` cuts and adds exactly so.
 */
export function tokensOf(
  source: Pick<ModelSource, 'maxResidues' | 'specialTokens'>,
  residues: number,
): number {
  return Math.min(residues, source.maxResidues) + source.specialTokens;
}
