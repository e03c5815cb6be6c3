import { checkOptions, oneOf, required } from '@holdfast/options';
import { type Device, KINDS } from '../device/device.js';
import { type ModelSource, recipeFacts } from '../model-source.js';
import { tokensAreExact } from './tokens-of.js';

/**
 * A CPU is busy with one sequence of some hundred tokens, and with more of them their numbers no longer fit its caches: a larger
 * batch is slower, and its memory grows with it. Measured by `tooling/bench/batch-tokens.mjs`.
 */
const ON_CPU = 512;
/** The same, where tokens are counted as if each were a residue but are several. */
const ON_CPU_AT_MOST = 2048;
/** A GPU needs more to be busy. How many is better measured. */
const ON_DEVICE = 16_384;

/**
 * The default token budget of a batch, padding included, of a model on a device: the model's own if
 * its folder names one. The rows are the same whatever the number.
 *
 * @throws RangeError for an unknown device, TypeError for anything but a model source (`code` is `invalid_option`).
 */
export function batchTokensOn(
  source: Pick<ModelSource, 'batchTokens' | 'recipe'>,
  device: Pick<Device, 'kind'>,
): number {
  // The name of a device has no kind, and would count as a GPU.
  const kind = (device as Partial<Device> | null | undefined)?.kind;
  checkOptions('batchTokensOn', kind, required(oneOf(KINDS)), 'device.kind');
  checkOptions('batchTokensOn', source, recipeFacts, 'source');
  if (source.batchTokens !== undefined) return source.batchTokens;
  if (kind !== 'cpu') return ON_DEVICE;
  return tokensAreExact(source) ? ON_CPU : ON_CPU_AT_MOST;
}
