import { type ModelSource, tokensAreExact, tokensOf } from '@holdfast/gpu-runtime';
import type { ModelColumns } from './sequence-table.js';

/**
 * What the model makes of a sequence of some length. If a token may be several residues, the length does not say how many tokens there
 * are, and says whether the sequence is truncated only if it is short enough in any case.
 *
 * @param cut whether any sequence of the run was found to have more tokens than the model takes.
 */
export function modelColumns(model: ModelSource, cut: boolean): (residues: number) => ModelColumns {
  const { maxResidues, maxTokens = Number.POSITIVE_INFINITY, specialTokens, windows } = model;
  const exact = tokensAreExact(model);
  return (residues) => {
    const longest = windows === undefined ? residues : Math.min(residues, windows.residues);
    const known = exact || !cut || longest + specialTokens <= maxTokens;
    return {
      tokens: exact ? tokensOf(model, residues) : null,
      truncated: residues > maxResidues ? true : known ? false : null,
    };
  };
}
