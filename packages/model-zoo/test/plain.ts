import { readTensor } from '../src/weights/safetensors.js';
import type { Weights } from '../src/weights/weights.js';

export type Rows = number[][];

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

export const gelu = (x: number): number => 0.5 * x * (1 + erf(x / Math.SQRT2));

/** Parts of networks in plain loops and in double precision, with float32 weights by their names. For tests. */
export class PlainWeights {
  readonly #weights: Weights;

  constructor(weights: Weights) {
    this.#weights = weights;
  }

  flat(name: string): number[] {
    return Array.from(new Float32Array(readTensor(this.#weights.tensors.get(name)!).buffer));
  }

  table(name: string): Rows {
    const [rows, columns] = this.#weights.tensors.get(name)!.shape as [number, number];
    const all = this.flat(name);
    return Array.from({ length: rows }, (_, i) => all.slice(i * columns, (i + 1) * columns));
  }

  /** Without a bias. */
  times(x: Rows, name: string): Rows {
    const weight = this.table(name);
    return x.map((row) => weight.map((out) => out.reduce((sum, value, i) => sum + value * row[i]!, 0)));
  }

  linear(name: string, x: Rows): Rows {
    const bias = this.flat(`${name}.bias`);
    return this.times(x, `${name}.weight`).map((row) => row.map((value, i) => value + bias[i]!));
  }

  norm(name: string, x: Rows): Rows {
    const [weight, bias] = [this.flat(`${name}.weight`), this.flat(`${name}.bias`)];
    return x.map((row) => {
      const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
      const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
      return row.map((value, i) => ((value - mean) / Math.sqrt(variance + 1e-12)) * weight[i]! + bias[i]!);
    });
  }
}
