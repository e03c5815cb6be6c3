/** Rounds of k-means. */
const ROUNDS = 25;

/**
 * Centres of k-means, row-major [cells, width], begun as k-means++ does. Fewer than asked for if fewer points differ.
 *
 * @param points row-major [count, width].
 */
export function centresOf(
  points: Float32Array,
  width: number,
  cells: number,
  random: () => number,
): Float32Array {
  const count = points.length / width;
  let centres = begun(points, width, Math.min(cells, count), random);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = new Float64Array(centres.length);
    const counts = new Uint32Array(centres.length / width);
    for (let at = 0; at < count; at++) {
      const cell = nearestCentre(centres, width, points, at * width);
      counts[cell]!++;
      for (let column = 0; column < width; column++)
        sums[cell * width + column]! += points[at * width + column]!;
    }
    const moved = centres.map((old, at) => {
      const members = counts[Math.floor(at / width)]!;
      return members === 0 ? old : sums[at]! / members;
    });
    const same = moved.every((value, at) => value === centres[at]);
    centres = moved;
    if (same) break;
  }
  return centres;
}

function begun(points: Float32Array, width: number, cells: number, random: () => number): Float32Array {
  const count = points.length / width;
  const chosen: number[] = count === 0 ? [] : [Math.floor(random() * count)];
  const far = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  while (chosen.length < cells) {
    let sum = 0;
    for (let at = 0; at < count; at++) {
      far[at] = Math.min(far[at]!, squared(points, at * width, points, chosen.at(-1)! * width, width));
      sum += far[at]!;
    }
    // The other points are copies of those chosen.
    if (sum === 0) break;
    let left = random() * sum;
    let next = 0;
    for (; next < count - 1; next++) {
      left -= far[next]!;
      if (left < 0) break;
    }
    chosen.push(next);
  }
  const centres = new Float32Array(chosen.length * width);
  for (const [at, row] of chosen.entries())
    centres.set(points.subarray(row * width, (row + 1) * width), at * width);
  return centres;
}

/** The centre that is nearest to the point at an offset. */
export function nearestCentre(
  centres: Float32Array,
  width: number,
  points: Float32Array,
  at: number,
): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0, cell = 0; start < centres.length; start += width, cell++) {
    const distance = squared(centres, start, points, at, width, least);
    if (distance < least) [best, least] = [cell, distance];
  }
  return best;
}

/**
 * The squared distance of two points.
 *
 * @param enough a distance from which on it does not matter: then the result may be less, but is not below it.
 */
export function squared(
  a: Float32Array,
  from: number,
  b: Float32Array,
  at: number,
  width: number,
  enough = Number.POSITIVE_INFINITY,
): number {
  let sum = 0;
  for (let column = 0; column < width; ) {
    for (const end = Math.min(column + 8, width); column < end; column++) {
      const difference = a[from + column]! - b[at + column]!;
      sum += difference * difference;
    }
    if (sum >= enough) break;
  }
  return sum;
}
