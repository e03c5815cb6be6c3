import { shown } from '../shown.js';
import type { GraphParts } from './graph-parts.js';
import { halfGraph } from './half-graph.js';
import { plainGraph } from './plain-graph.js';

/** With which operators a graph computes. */
export const OPERATORS = ['plain', 'fused'] as const;
export type Operators = (typeof OPERATORS)[number];

const PRECISIONS = ['float32', 'float16'] as const;

/** How a graph computes. */
export interface GraphOptions {
  /**
   * `fused`: with the operators of ONNX Runtime, such as attention in one; the default. `plain`: with those of ONNX only, opset
   * 17, for devices and runtimes that lack the others.
   */
  operators?: Operators;
  /** `float16`: linear layers and attention in half precision; see `halfGraph`. Default: float32. */
  precision?: (typeof PRECISIONS)[number];
}

/** @param parts with fused operators, in float32. @throws RangeError for an option that there is not. */
export function asAsked(
  parts: GraphParts,
  { operators = 'fused', precision = 'float32' }: GraphOptions,
): GraphParts {
  refuseOthers('operators', operators, OPERATORS);
  refuseOthers('precision', precision, PRECISIONS);
  const chosen = operators === 'plain' ? plainGraph(parts) : parts;
  return precision === 'float16' ? halfGraph(chosen) : chosen;
}

function refuseOthers(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw new RangeError(`${name} is ${shown(value)}; it must be one of ${allowed.join(', ')}`);
}
