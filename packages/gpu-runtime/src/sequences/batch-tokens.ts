import { checkOptions, oneOf, required } from '@holdfast/options';
import { type Device, KINDS } from '../device/device.js';
import { type ModelSource, recipeFacts } from '../model-source.js';
import { tokensAreExact } from './tokens-of.js';

/**
 * One sequence of a few hundred tokens keeps a CPU busy. A larger batch no longer fits its caches: it is
 * slower and takes more memory. Measured by `tooling/bench/batch-tokens.mjs`.
 */
const ON_CPU = 512;
/** The same for a model with a tokenizer: the count assumes one residue per token, but a token is several. */
const ON_CPU_AT_MOST = 2048;
/** A GPU needs more to be busy. Measure for the best value. */
const ON_DEVICE = 16_384;

/**
 * The default token budget of a batch, padding included, for a model on a device: the model folder's own if
 * it sets one. Rows do not depend on it.
 *
 * @throws RangeError for an unknown device, TypeError for anything but a model source (`code` is
 * `invalid_option`).
 */
export function batchTokensOn(
  source: Pick<ModelSource, 'batchTokens' | 'recipe'>,
  device: Pick<Device, 'kind'>,
): number {
  // A device's name has no kind and would count as a GPU.
  const kind = (device as Partial<Device> | null | undefined)?.kind;
  checkOptions('batchTokensOn', kind, required(oneOf(KINDS)), 'device.kind');
  checkOptions('batchTokensOn', source, recipeFacts, 'source');
  if (source.batchTokens !== undefined) return source.batchTokens;
  if (kind !== 'cpu') return ON_DEVICE;
  return tokensAreExact(source) ? ON_CPU : ON_CPU_AT_MOST;
}
