import { alibiSlopes } from '../src/families/dnabert2/dnabert2.js';
import type { Weights } from '../src/weights/weights.js';
import { gelu, PlainWeights, type Rows } from './plain.js';

const plus = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));

/**
 * DNABERT-2 once more, in plain loops and in double precision, with nothing of the graph's. For tests.
 *
 * @returns the vectors of all tokens after the last layer.
 */
export function plainDnabert2(weights: Weights, heads: number, layers: number, ids: readonly number[]): Rows {
  const of = new PlainWeights(weights);
  const words = of.table('embeddings.word_embeddings.weight');
  const type = of.table('embeddings.token_type_embeddings.weight')[0]!;
  const embedded = ids.map((id) => words[id]!.map((value, j) => value + type[j]!));
  let x = of.norm('embeddings.LayerNorm', embedded);
  const dim = x[0]!.length;
  const slopes = alibiSlopes(heads);
  for (let layer = 0; layer < layers; layer++) {
    const at = `encoder.layer.${layer}`;
    const attended = attention(of.linear(`${at}.attention.self.Wqkv`, x), slopes, dim);
    x = of.norm(
      `${at}.attention.output.LayerNorm`,
      plus(of.linear(`${at}.attention.output.dense`, attended), x),
    );
    const gates = of.times(x, `${at}.mlp.gated_layers.weight`);
    const half = gates[0]!.length / 2;
    const gated = gates.map((row) => row.slice(0, half).map((value, j) => gelu(value) * row[half + j]!));
    x = of.norm(`${at}.mlp.layernorm`, plus(of.linear(`${at}.mlp.wo`, gated), x));
  }
  return x;
}

function attention(all: Rows, slopes: readonly number[], dim: number): Rows {
  const size = dim / slopes.length;
  return all.map((query, i) =>
    slopes.flatMap((slope, head) => {
      const from = head * size;
      const scores = all.map((key, j) => {
        let dot = 0;
        for (let k = 0; k < size; k++) dot += query[from + k]! * key[dim + from + k]!;
        return dot / Math.sqrt(size) - slope * Math.abs(i - j);
      });
      const most = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - most));
      const total = shares.reduce((sum, share) => sum + share, 0);
      return Array.from({ length: size }, (_, k) =>
        shares.reduce((sum, share, j) => sum + (share / total) * all[j]![2 * dim + from + k]!, 0),
      );
    }),
  );
}
