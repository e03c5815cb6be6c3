/**
 * Means over residues, special tokens and padding left out; zeros where there is no residue. Summed in double.
 *
 * @param hidden row-major [sequences, width, dim].
 * @param residues how many each sequence has; they begin at token `offset`.
 * @returns row-major [sequences, dim].
 */
export function meanPool(
  hidden: Float32Array,
  residues: readonly number[],
  { width, dim, offset }: { width: number; dim: number; offset: number },
): Float32Array {
  const rows = new Float32Array(residues.length * dim);
  const sum = new Float64Array(dim);
  residues.forEach((count, row) => {
    sum.fill(0);
    let at = (row * width + offset) * dim;
    for (let token = 0; token < count; token++) {
      for (let i = 0; i < dim; i++, at++) sum[i]! += hidden[at]!;
    }
    if (count > 0) for (let i = 0; i < dim; i++) rows[row * dim + i] = sum[i]! / count;
  });
  return rows;
}
