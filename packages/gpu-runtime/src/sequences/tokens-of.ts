import { checkOptions, required, whole } from '@holdfast/options';
import { type ModelSource, mayCountTokens, recipeFacts, tokenFacts } from '../model-source.js';
import { windowCount } from './windows.js';

/**
 * Tokens of a sequence with this many residues in a batch, without padding: exact if a residue is a token. For ESM,
 * adjacent residues that its vocabulary lacks are one token, and are counted here as many, which a batch has room for.
 * If a tokenizer makes the tokens, several residues are one, and this is an upper bound; `embed` pads a batch to the
 * tokens it really has.
 *
 * @throws RangeError for an invalid number of residues, TypeError for anything but a model source (`code` is `invalid_option`).
 */
export function tokensOf(
  source: Pick<ModelSource, 'maxResidues' | 'maxTokens' | 'windows' | 'specialTokens'>,
  residues: number,
): number {
  // Asked of every sequence that is planned: no more than this when all is well.
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
 * Whether `tokensOf` is exact, apart from residues that a vocabulary lacks; else it is an upper bound.
 *
 * @throws TypeError for anything but a model source (`code` is `invalid_option`).
 */
export function tokensAreExact(source: Pick<ModelSource, 'recipe'>): boolean {
  checkOptions('tokensAreExact', source, recipeFacts, 'source');
  return source.recipe.tokenizer === undefined;
}
