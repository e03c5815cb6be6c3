/**
 * Version of the rules in this file and in `plan-window.ts`. Any change of them moves sequences to other batches, so it
 * must come with another number: it is part of a run's fingerprint. 1 cut batches along the input's order.
 */
export const PLAN = 2;

/** How much of the input is put in order of length at once. */
export interface WindowLimits {
  /** Most sequences of a window, at least 1. */
  sequences: number;
  /** Most residues of a window, in bytes; a longer sequence has a window of its own. */
  residues: number;
}

const WINDOW_BYTES = 64 * 1024 * 1024;
const FEWEST_SEQUENCES = 256;
const MOST_SEQUENCES = 16_384;

/**
 * The windows of a model: neither a window's residues nor, up to 65,536 numbers a row, its float32 rows take more than
 * 64 MiB, as both are held in memory. Shorter windows pad more, longer ones gain little.
 *
 * @param dim numbers in a row.
 */
export function windowLimits(dim: number): WindowLimits {
  const rows = Math.floor(WINDOW_BYTES / (dim * Float32Array.BYTES_PER_ELEMENT));
  const sequences = Math.min(Math.max(rows, FEWEST_SEQUENCES), MOST_SEQUENCES);
  return { sequences, residues: WINDOW_BYTES };
}
