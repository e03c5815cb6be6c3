/** The largest magnitude of a rounded weight; -128 is not used, so that zero is in the middle. */
const LARGEST = 127;
/** The smallest float32 of full precision. */
const SMALLEST = 2 ** -126;

/**
 * Rounds rows of a matrix to 8-bit integers, each row with a scale of its own, and writes them as columns.
 *
 * @param rows float32 [count, width].
 * @param target int8 [width, height]: the whole matrix, transposed.
 * @param scales float32 [height].
 * @param first the number of the first of these rows.
 * @throws RangeError for a number that is not finite.
 */
export function quantizeRows(
  rows: Float32Array,
  width: number,
  first: number,
  { target, scales }: { target: Int8Array; scales: Float32Array },
): void {
  const height = scales.length;
  const count = rows.length / width;
  for (let row = 0; row < count; row++) {
    const at = row * width;
    let most = 0;
    for (let i = at; i < at + width; i++) {
      const magnitude = Math.abs(rows[i]!);
      // Also true for NaN.
      if (!(magnitude <= most)) {
        if (!Number.isFinite(magnitude)) throw new RangeError(`${rows[i]} in row ${first + row}`);
        most = magnitude;
      }
    }
    const scale = most / LARGEST;
    // Weights that small make zeros; so do zeros.
    scales[first + row] = scale < SMALLEST ? 1 : scale;
  }
  // In the order of the target: rows of it, which are far from each other.
  for (let column = 0; column < width; column++) {
    const to = column * height + first;
    for (let row = 0; row < count; row++) {
      const value = Math.round(rows[row * width + column]! / scales[first + row]!);
      target[to + row] = Math.max(-LARGEST, Math.min(LARGEST, value));
    }
  }
}
