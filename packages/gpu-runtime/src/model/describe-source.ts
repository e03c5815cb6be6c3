import type { ModelSource } from '../model-source.js';
import { DESCRIPTOR } from './descriptor.js';

/** The files of an exported folder beside its graph: texts to write, and names to copy from the model's own folder. */
export interface ExportedFiles {
  texts: ReadonlyMap<string, string>;
  copies: readonly string[];
}

/** What an encoder of several residues a token is read with, as far as it is there. */
const TOKENIZER = [
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'vocab.txt',
];

/**
 * The files that describe a model beside its `model.onnx`, so that `resolveModel` reads the folder as the same model: a
 * `holdfast.json` with all tokens, or with its settings beside the tokenizer's own files.
 */
export function exportedFiles(source: ModelSource): ExportedFiles {
  const { name, alphabet, dim, maxResidues, maxTokens, recipe, zeroRowMeaning, columns } = source;
  const settings = {
    format: 1,
    name,
    alphabet,
    dim,
    ...(Number.isFinite(maxResidues) ? { maxResidues } : {}),
    ...(columns === undefined ? {} : { columns }),
    ...(zeroRowMeaning === undefined ? {} : { zeroRowMeaning }),
    inputs: recipe.inputs,
    output: recipe.output,
  };
  const joins = recipe.tokenizer !== undefined || recipe.pieces !== undefined;
  const descriptor = joins
    ? { ...settings, ...(maxTokens === undefined ? {} : { maxTokens }) }
    : { ...settings, tokens: tokensOf(recipe), ...(recipe.singly ? { singly: true } : {}) };
  return {
    texts: new Map([[DESCRIPTOR, `${JSON.stringify(descriptor, null, 2)}\n`]]),
    copies: joins ? TOKENIZER : [],
  };
}

function tokensOf({
  idType: type,
  table,
  fused,
  padding,
  prefix,
  suffix,
  minimumTokens,
}: ModelSource['recipe']) {
  // No residue is the character 0.
  const other = table[0]!;
  const known = table.flatMap((id, code) => (id === other ? [] : [[String.fromCharCode(code), id]]));
  return {
    type,
    ids: Object.fromEntries(known) as Record<string, number>,
    other,
    ...(fused === undefined ? {} : { fused: true }),
    padding,
    prefix,
    suffix,
    minimum: minimumTokens,
  };
}
