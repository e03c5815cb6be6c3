/** How near two rows are. */
export const METRICS = ['cosine', 'dot', 'euclidean'] as const;
export type Metric = (typeof METRICS)[number];

/** A row among others: `rows` is row-major, and it begins at number `at`. */
export interface RowAt {
  rows: Float32Array;
  at: number;
  dim: number;
}

/**
 * A number that is smaller the nearer two rows are, in float64: the cosine distance, the Euclidean distance, or the negative dot
 * product. Terms are added in the order of the columns, so every machine gets the same number.
 */
export const SCORES: Readonly<Record<Metric, (query: RowAt, row: RowAt) => number>> = {
  cosine({ rows: a, at: i, dim }, { rows: b, at: j }) {
    let dot = 0;
    let aa = 0;
    let bb = 0;
    for (let column = 0; column < dim; column++) {
      const x = a[i + column]!;
      const y = b[j + column]!;
      dot += x * y;
      aa += x * x;
      bb += y * y;
    }
    // A row of zeros has no direction.
    if (aa === 0 || bb === 0) return 1;
    // For equal rows the root is exact, so their distance is 0.
    return Math.min(2, Math.max(0, 1 - dot / Math.sqrt(aa * bb)));
  },
  dot({ rows: a, at: i, dim }, { rows: b, at: j }) {
    let dot = 0;
    for (let column = 0; column < dim; column++) dot += a[i + column]! * b[j + column]!;
    return -dot;
  },
  euclidean({ rows: a, at: i, dim }, { rows: b, at: j }) {
    let sum = 0;
    for (let column = 0; column < dim; column++) {
      const difference = a[i + column]! - b[j + column]!;
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  },
};

/** What a user sees of a score. */
export const shownScore = (metric: Metric, score: number): number =>
  // Not -0.
  metric === 'dot' ? 0 - score : score;
