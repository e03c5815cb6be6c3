import { checkOptions, required, whole } from '@holdfast/options';
import { joinsResidues } from '../model/recipe.js';
import { type ModelSource, mayCountTokens, recipeFacts, tokenFacts } from '../model-source.js';
import { windowCount } from './windows.js';

/**
 * Number of tokens of a sequence with this many residues, without padding: exact if each residue is a token.
 * For ESM it counts each residue that the vocabulary lacks, though adjacent ones make one token. If a
 * token may be several residues, this is an upper bound, since their letters decide; `embed` pads to the actual
 * tokens, and `tokenCounts` counts them.
 *
 * @throws RangeError for an invalid number of residues, TypeError for anything but a model source (`code` is
 * `invalid_option`).
 */
export function tokensOf(
  source: Pick<ModelSource, 'maxResidues' | 'maxTokens' | 'windows' | 'specialTokens'>,
  residues: number,
): number {
  // Runs for every planned sequence: the full checks run only if this one fails.
  if (!Number.isSafeInteger(residues) || residues < 0)
    checkOptions('tokensOf', residues, required(whole(0)), 'residues');
  if (!mayCountTokens(source)) checkOptions('tokensOf', source, required(tokenFacts), 'source');
  const { maxResidues, maxTokens = Number.POSITIVE_INFINITY, windows, specialTokens } = source;
  const each = (read: number) => Math.min(read + specialTokens, maxTokens);
  if (windows === undefined) {
    const tokens = each(Math.min(residues, maxResidues));
    // Numbers alone may still be NaN or negative.
    if (!(tokens >= 0)) checkOptions('tokensOf', source, required(tokenFacts), 'source');
    return tokens;
  }
  const full = windowCount(windows, residues) - 1;
  const last = residues - full * (windows.residues - windows.overlap);
  return full * each(windows.residues) + each(last);
}

/**
 * Whether `tokensOf` is exact, except for residues that the vocabulary lacks; if not, it is an upper bound.
 *
 * @throws TypeError for anything but a model source (`code` is `invalid_option`).
 */
export function tokensAreExact(source: Pick<ModelSource, 'recipe'>): boolean {
  checkOptions('tokensAreExact', source, recipeFacts, 'source');
  return !joinsResidues(source.recipe);
}
