import type { BuiltGraph, Encoder } from '@holdfast/model-zoo';
import { ModelError } from '../model-error.js';
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
 * Builds the graph of some outputs; in int8 and float16 only of layers. In float16 nothing is converted beforehand: weights are cast in the graph, so ONNX Runtime makes
 * the halves when it loads them, and no file of them has to be kept.
 *
 * @throws as {@link int8Model}.
 */
export async function inPrecision(
  encoder: Encoder,
  outputs: readonly string[],
  precision: Precision = 'fp32',
): Promise<InPrecision> {
  const head = precision === 'fp32' ? undefined : outputs.find((each) => !encoder.layers.includes(each));
  if (head !== undefined)
    throw new ModelError(
      'model_unsupported',
      encoder.files[0]!,
      `computes ${head} in fp32 only, not in ${precision}`,
      `leave --precision ${precision} out, or ${head}`,
    );
  if (precision === 'int8') return int8Model(encoder, outputs);
  const half = precision === 'fp16' ? ({ precision: 'float16' } as const) : {};
  const built = encoder.build(outputs, half);
  let plain: Uint8Array | undefined;
  return {
    built: {
      ...built,
      // Few devices need it, and to build it takes as long as the other.
      get plain() {
        plain ??= encoder.build(outputs, { ...half, operators: 'plain' }).model;
        return plain;
      },
    },
    parts: publishedParts(built),
    ...(precision === 'fp16' && { precision }),
  };
}
