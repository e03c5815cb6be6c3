/** The cosine of the angle between two rows; 1 for two rows of zeros, 0 for one, and for rows that are not finite. */
export function cosine(one: Float32Array, other: Float32Array): number {
  let [product, ones, others] = [0, 0, 0];
  for (const [i, value] of one.entries()) {
    product += value * other[i]!;
    ones += value * value;
    others += other[i]! * other[i]!;
  }
  if (ones === 0 && others === 0) return 1;
  const found = product / Math.sqrt(ones * others);
  return Number.isFinite(found) ? found : 0;
}
