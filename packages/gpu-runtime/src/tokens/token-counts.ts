import { checkOptions } from '@holdfast/options';
import { joinsResidues } from '../model/recipe.js';
import { encoderFacts, type ModelSource } from '../model-source.js';
import { checkSequences } from '../sequences/check-sequences.js';
import { PieceTokens } from './pieces.js';
import { Subwords } from './subwords.js';
import { batchWidth, fillTokens } from './token-batch.js';

/**
 * The actual number of tokens of each sequence, special ones included. Runs the model's tokenizer if it has
 * one, on the calling thread; `tokensOf` only knows lengths. Counts the whole sequence, even past the limit.
 *
 * @param sequences as for `embed`.
 * @throws SequenceError as `embed` does; ModelError `model_bad_json` if the tokenizers library refuses the
 * tokenizer's files; TypeError for anything but a model source (`code` is `invalid_option`).
 */
export function tokenCounts(
  source: Pick<ModelSource, 'folder' | 'specialTokens' | 'recipe'>,
  sequences: readonly Uint8Array[],
): number[] {
  checkOptions('tokenCounts', source, encoderFacts, 'source');
  const { folder, specialTokens, recipe } = source;
  checkSequences(sequences);
  const { tokenizer: files } = recipe;
  if (joinsResidues(recipe)) {
    const maker =
      files === undefined ? new PieceTokens(recipe) : new Subwords({ files, folder, specialTokens });
    return maker.encode(sequences).tokens.map(({ length }) => length + specialTokens);
  }
  const residues = sequences.map(({ byteLength }) => byteLength);
  const width = batchWidth(recipe, residues);
  const words = recipe.idType === 'int64' ? 2 : 1;
  const ids = new Int32Array(sequences.length * width * words);
  return fillTokens(recipe, sequences, residues, { width, ids }).map((count) => count + specialTokens);
}
