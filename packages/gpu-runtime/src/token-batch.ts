import { type ModelSource, tokensOf } from './model-source.js';

/** Tokens of the longest sequence: what the batch is padded to. */
export function batchWidth(source: ModelSource, sequences: readonly Uint8Array[]): number {
  let width = source.recipe.minimumTokens;
  for (const { byteLength } of sequences) width = Math.max(width, tokensOf(source, byteLength));
  return width;
}

/**
 * Writes a batch's tokens, and its mask (1 for a token, 0 for padding) where one is wanted.
 *
 * @param ids room for sequences × width tokens. Of an int64 model it is the 32-bit view, low word first as on every machine
 * ONNX Runtime ships for: tokens are never negative, and BigInt is several times slower.
 * @returns residues kept of each sequence.
 */
export function fillTokens(
  { recipe, maxResidues }: ModelSource,
  sequences: readonly Uint8Array[],
  width: number,
  ids: Int32Array,
  mask?: Int32Array,
): number[] {
  const table = Int32Array.from(recipe.table);
  const step = recipe.idType === 'int64' ? 2 : 1;
  // Only low words are ever written, so high words stay the zeros they were allocated as; an older mask must go.
  mask?.fill(0);
  return sequences.map((sequence, row) => {
    const kept = Math.min(sequence.byteLength, maxResidues);
    const start = row * width * step;
    let at = start;
    for (const id of recipe.prefix) at = put(ids, at, id, step);
    for (let i = 0; i < kept; i++, at += step) ids[at] = table[sequence[i]!]!;
    for (const id of recipe.suffix) at = put(ids, at, id, step);
    if (mask !== undefined) for (let i = start; i < at; i += step) mask[i] = 1;
    for (const end = start + width * step; at < end; at += step) ids[at] = recipe.padding;
    return kept;
  });
}

function put(ids: Int32Array, at: number, id: number, step: number): number {
  ids[at] = id;
  return at + step;
}
