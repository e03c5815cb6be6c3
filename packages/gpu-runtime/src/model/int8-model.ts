import { type BuiltGraph, type Encoder, INT8_SCHEME, int8Graph } from '@holdfast/model-zoo';
import { type FingerprintPart, publishedParts } from './fingerprint.js';
import { provenFingerprint } from './proven-fingerprint.js';

export interface Int8Model {
  precision: 'int8';
  built: BuiltGraph;
  parts: FingerprintPart[];
}

/**
 * The int8 graph of some layers of an encoder, with its weights in Holdfast's cache. Its fingerprint is that of the weights they were made
 * from and of the way in which they were rounded, so the file in the cache can be lost and made again.
 *
 * @throws CacheError if the cache cannot be written; WeightsError for weights that are not finite.
 */
export async function int8Model(encoder: Encoder, outputs: readonly string[]): Promise<Int8Model> {
  const whole = encoder.build();
  const { fingerprint: made } = await provenFingerprint(publishedParts(whole), INT8_SCHEME);
  const built = await int8Graph(encoder, outputs, { made });
  return { precision: 'int8', built, parts: [{ name: 'int8', bytes: Buffer.from(made, 'hex') }] };
}
