import type { GraphParts } from './graph-parts.js';
import { halfGraph } from './half-graph.js';
import { plainGraph } from './plain-graph.js';

/** With which operators a graph computes. */
export const OPERATORS = ['plain', 'fused'] as const;
export type Operators = (typeof OPERATORS)[number];

/** How a graph computes. */
export interface GraphOptions {
  /**
   * `fused`: with the operators of ONNX Runtime, such as attention in one; the default. `plain`: with those of ONNX only, opset
   * 17, for devices and runtimes that lack the others.
   */
  operators?: Operators;
  /** `float16`: linear layers and attention in half precision; see `halfGraph`. Default: float32. */
  precision?: 'float32' | 'float16';
}

/** @param parts with fused operators, in float32. */
export function asAsked(parts: GraphParts, { operators, precision }: GraphOptions): GraphParts {
  const chosen = operators === 'plain' ? plainGraph(parts) : parts;
  return precision === 'float16' ? halfGraph(chosen) : chosen;
}
