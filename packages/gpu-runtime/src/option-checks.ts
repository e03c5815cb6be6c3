import { atLeast, callback, kind, object, oneOf, value, whole, words } from '@holdfast/options';
import { LONG_SEQUENCES } from './descriptor.js';
import { isDevice } from './device.js';
import type { EmbedOptions } from './embedding-model.js';
import type { LoadOptions } from './load-model.js';
import type { ModelOverrides } from './model-overrides.js';
import type { ModelSource } from './model-source.js';
import { POOLINGS } from './recipe.js';

export const modelOverrides = object<ModelOverrides>({
  pooling: oneOf(POOLINGS),
  longSequences: oneOf(LONG_SEQUENCES),
  windowOverlap: whole(0),
  output: words,
});

/** Threads beyond which ONNX Runtime fails or the machine does. */
const MOST_THREADS = 1024;

export const loadOptions = object<LoadOptions>({ intraOpThreads: whole(1, MOST_THREADS), device: isDevice });

export const embedOptions = object<EmbedOptions>({
  windowTokens: atLeast(0, 'tokens'),
  onTruncated: callback,
  onProgress: callback,
});

/** A model as `resolveModel` tells it; a name or a path is none. */
export const isSource = kind('what resolveModel gives', (given) => {
  const source = given as Partial<ModelSource> | null;
  return (
    typeof source === 'object' && typeof source?.modelPath === 'string' && typeof source.recipe === 'object'
  );
});

/** Where `longSequences` is not windows, an overlap would be without effect. */
export const noOverlap = value(
  "left out, as long sequences are truncated; or choose longSequences 'windows'",
  (given) => given === undefined,
);
