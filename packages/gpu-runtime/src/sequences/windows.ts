import { array, atLeast, checkOptions, required } from '@holdfast/options';

/**
 * How long sequences are cut: windows of `residues`, each sharing `overlap` with its predecessor; the last
 * may be shorter.
 */
export interface Windows {
  residues: number;
  overlap: number;
}

/** Number of windows of a sequence with this many residues, at least 1. */
export function windowCount({ residues: longest, overlap }: Windows, residues: number): number {
  return residues <= longest ? 1 : 1 + Math.ceil((residues - longest) / (longest - overlap));
}

/** Windows of several sequences, each with its sequence. */
export interface CutSequences {
  pieces: Uint8Array[];
  /** The sequence's index, for each piece. */
  owners: number[];
}

/** Cuts sequences into windows, which are views of them. */
export function cutWindows(windows: Windows, sequences: readonly Uint8Array[]): CutSequences {
  const pieces: Uint8Array[] = [];
  const owners: number[] = [];
  const step = windows.residues - windows.overlap;
  sequences.forEach((sequence, owner) => {
    const count = windowCount(windows, sequence.byteLength);
    for (let i = 0; i < count; i++) {
      pieces.push(sequence.subarray(i * step, i * step + windows.residues));
      owners.push(owner);
    }
  });
  return { pieces, owners };
}

const isBudget = required(atLeast(0, 'tokens'));
const areTokens = required(array(isBudget, 'numbers of tokens'));

/**
 * Splits pieces into ranges `[first, end)` whose tokens with padding stay within a budget, at least one piece each.
 *
 * @throws RangeError and TypeError for invalid numbers of tokens (`code` is `invalid_option`).
 */
export function withinBudget(tokens: readonly number[], budget: number): [number, number][] {
  checkOptions('withinBudget', budget, isBudget, 'budget');
  if (!Array.isArray(tokens)) checkOptions('withinBudget', tokens, areTokens, 'tokens');
  const runs: [number, number][] = [];
  let first = 0;
  let width = 0;
  tokens.forEach((count, at) => {
    // Comparisons with NaN would put everything into one range.
    if (!(count >= 0)) checkOptions('withinBudget', tokens, areTokens, 'tokens');
    const wider = Math.max(width, count);
    if (at > first && wider * (at + 1 - first) > budget) {
      runs.push([first, at]);
      first = at;
      width = count;
    } else width = wider;
  });
  if (first < tokens.length) runs.push([first, tokens.length]);
  return runs;
}

/**
 * Joins the rows of a sequence's windows into one row: their mean, weighted by residues, or in the
 * columns of `greatest` the maximum. Sums in double; a sequence of one window keeps its row.
 *
 * @param rows row-major [pieces, dim].
 * @returns row-major [sequences, dim].
 */
export function joinWindows(
  rows: Float32Array,
  { pieces, owners }: CutSequences,
  { sequences, dim, greatest }: { sequences: number; dim: number; greatest: Uint8Array },
): Float32Array {
  const joined = new Float32Array(sequences * dim);
  const sum = new Float64Array(dim);
  for (let first = 0, end: number; first < pieces.length; first = end) {
    const owner = owners[first]!;
    for (end = first + 1; end < pieces.length && owners[end] === owner; ) end++;
    if (end === first + 1) {
      joined.set(rows.subarray(first * dim, end * dim), owner * dim);
      continue;
    }
    let total = 0;
    for (let i = 0; i < dim; i++) sum[i] = greatest[i] ? Number.NEGATIVE_INFINITY : 0;
    for (let piece = first; piece < end; piece++) {
      const weight = pieces[piece]!.byteLength;
      total += weight;
      for (let i = 0; i < dim; i++) {
        const value = rows[piece * dim + i]!;
        sum[i] = greatest[i] ? Math.max(sum[i]!, value) : sum[i]! + weight * value;
      }
    }
    for (let i = 0; i < dim; i++) joined[owner * dim + i] = greatest[i] ? sum[i]! : sum[i]! / total;
  }
  return joined;
}
