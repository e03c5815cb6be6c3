import { joinsResidues, type ModelRecipe, NO_TOKEN } from '../model/recipe.js';

/** Tokens of the longest sequence, to which the batch is padded. */
export function batchWidth(recipe: ModelRecipe, counts: readonly number[]): number {
  let longest = 0;
  for (const count of counts) longest = Math.max(longest, count);
  return Math.max(recipe.minimumTokens, recipe.prefix.length + longest + recipe.suffix.length);
}

/** A batch's inputs, [sequences, width] each; 32-bit views for an int64 model, see {@link fillTokens}. */
export interface TokenRoom {
  width: number;
  ids: Int32Array;
  mask?: Int32Array | undefined;
}

/**
 * Writes a batch's tokens, and its mask (1 for a token, 0 for padding) if the model takes one. For an int64
 * model the buffers are 32-bit views, low word first as on every platform of ONNX Runtime: tokens are never
 * negative, and BigInt is several times slower.
 *
 * @param rows the sequences' residues, or their tokens if a token may be several residues.
 * @param counts how many elements of each row to use.
 * @returns the number of tokens of each row: its count, or fewer if the recipe fuses residues.
 */
export function fillTokens(
  recipe: ModelRecipe,
  rows: readonly Uint8Array[] | readonly Int32Array[],
  counts: readonly number[],
  { width, ids, mask }: TokenRoom,
): number[] {
  const table = joinsResidues(recipe) ? undefined : Int32Array.from(recipe.table);
  const fused = recipe.fused ?? NO_TOKEN;
  const step = recipe.idType === 'int64' ? 2 : 1;
  // Only low words are ever written, so high words keep their initial zeros. An older mask must be cleared.
  mask?.fill(0);
  return rows.map((content, row) => {
    const count = counts[row]!;
    const start = row * width * step;
    let at = start;
    for (const id of recipe.prefix) at = put(ids, at, id, step);
    const first = at;
    // Two loops: each sees arrays of one kind only.
    if (table !== undefined) at = spell(content as Uint8Array, { table, fused }, count, ids, at, step);
    else at = copy(content as Int32Array, count, ids, at, step);
    const tokens = (at - first) / step;
    for (const id of recipe.suffix) at = put(ids, at, id, step);
    if (mask !== undefined) for (let i = start; i < at; i += step) mask[i] = 1;
    for (const end = start + width * step; at < end; at += step) ids[at] = recipe.padding;
    return tokens;
  });
}

function spell(
  residues: Uint8Array,
  { table, fused }: { table: Int32Array; fused: number },
  count: number,
  ids: Int32Array,
  at: number,
  step: number,
): number {
  let next = at;
  for (let i = 0; i < count; i++, next += step) {
    const id = table[residues[i]!]!;
    ids[next] = id;
    if (id === fused && i > 0 && ids[next - step] === fused) next -= step;
  }
  return next;
}

function copy(tokens: Int32Array, count: number, ids: Int32Array, at: number, step: number): number {
  let next = at;
  for (let i = 0; i < count; i++, next += step) ids[next] = tokens[i]!;
  return next;
}

function put(ids: Int32Array, at: number, id: number, step: number): number {
  ids[at] = id;
  return at + step;
}
