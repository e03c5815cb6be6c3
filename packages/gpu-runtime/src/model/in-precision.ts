import type { BuiltGraph, Encoder } from '@holdfast/model-zoo';
import { type FingerprintPart, publishedParts } from './fingerprint.js';
import { int8Model } from './int8-model.js';
import type { Precision } from './precision.js';

/** A graph that was built from published weights. */
export interface InPrecision {
  built: BuiltGraph & { readonly plain?: Uint8Array };
  /** Absent: float32. */
  precision?: 'int8' | 'fp16';
  /** What its fingerprint is of. */
  parts: FingerprintPart[];
}

/**
 * Builds the graph of an output. In float16 nothing is converted beforehand: weights are cast in the graph, so ONNX Runtime makes
 * the halves when it loads them, and no file of them has to be kept.
 *
 * @throws as {@link int8Model}.
 */
export async function inPrecision(
  encoder: Encoder,
  output: string,
  precision: Precision = 'fp32',
): Promise<InPrecision> {
  if (precision === 'int8') return int8Model(encoder, output);
  const half = precision === 'fp16' ? ({ precision: 'float16' } as const) : {};
  const built = encoder.build(output, half);
  let plain: Uint8Array | undefined;
  return {
    built: {
      ...built,
      // Few devices need it, and to build it takes as long as the other.
      get plain() {
        plain ??= encoder.build(output, { ...half, operators: 'plain' }).model;
        return plain;
      },
    },
    parts: publishedParts(built),
    ...(precision === 'fp16' && { precision }),
  };
}
