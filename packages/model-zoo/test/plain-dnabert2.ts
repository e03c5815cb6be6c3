import { alibiSlopes } from '../src/families/dnabert2/dnabert2.js';
import { readTensor } from '../src/weights/safetensors.js';
import type { Weights } from '../src/weights/weights.js';

type Rows = number[][];

const times = (x: Rows, weight: Rows): Rows =>
  x.map((row) => weight.map((out) => out.reduce((sum, value, i) => sum + value * row[i]!, 0)));
const plus = (a: Rows, b: Rows): Rows => a.map((row, i) => row.map((value, j) => value + b[i]![j]!));
const each = (x: Rows, of: (value: number, column: number) => number): Rows =>
  x.map((row) => row.map((value, column) => of(value, column)));

/** The error function by its series, which converges for all numbers that occur here. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 400; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

/**
 * DNABERT-2 once more, in plain loops and in double precision, with nothing of the graph's. For tests.
 *
 * @returns the vectors of all tokens after the last layer.
 */
export function plainDnabert2(weights: Weights, heads: number, layers: number, ids: readonly number[]): Rows {
  const flat = (name: string): number[] => {
    const tensor = weights.tensors.get(name)!;
    return Array.from(new Float32Array(readTensor(tensor).buffer));
  };
  const table = (name: string): Rows => {
    const [rows, columns] = weights.tensors.get(name)!.shape as [number, number];
    const all = flat(name);
    return Array.from({ length: rows }, (_, i) => all.slice(i * columns, (i + 1) * columns));
  };
  const linear = (name: string, x: Rows): Rows => {
    const bias = flat(`${name}.bias`);
    return each(times(x, table(`${name}.weight`)), (value, j) => value + bias[j]!);
  };
  const norm = (name: string, x: Rows): Rows => {
    const [weight, bias] = [flat(`${name}.weight`), flat(`${name}.bias`)];
    return x.map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return row.map((value, j) => ((value - mean) / Math.sqrt(variance + 1e-12)) * weight[j]! + bias[j]!);
    });
  };
  const words = table('embeddings.word_embeddings.weight');
  const type = table('embeddings.token_type_embeddings.weight')[0]!;
  let x = norm(
    'embeddings.LayerNorm',
    ids.map((id) => words[id]!.map((value, j) => value + type[j]!)),
  );
  const dim = x[0]!.length;
  const slopes = alibiSlopes(heads);
  for (let layer = 0; layer < layers; layer++) {
    const at = `encoder.layer.${layer}`;
    const all = linear(`${at}.attention.self.Wqkv`, x);
    const attended = attention(all, slopes, dim);
    x = norm(`${at}.attention.output.LayerNorm`, plus(linear(`${at}.attention.output.dense`, attended), x));
    const gates = times(x, table(`${at}.mlp.gated_layers.weight`));
    const half = gates[0]!.length / 2;
    const gated = gates.map((row) => row.slice(0, half).map((value, j) => gelu(value) * row[half + j]!));
    x = norm(`${at}.mlp.layernorm`, plus(linear(`${at}.mlp.wo`, gated), x));
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
