import {
  above0,
  array,
  callback,
  checkOptions,
  either,
  flag,
  object,
  oneOf,
  required,
  type Shape,
  signal,
  value,
  whole,
  words,
} from '@holdfast/options';
import type { EmbedOptions, StopSwitch } from './embed.js';
import { formats } from './output/index.js';
import type { QuarantineLimit } from './quarantine/index.js';

/** Workers at most, and threads of a worker: more than any machine has, and no run would ever start with them. */
export const MOST_AT_ONCE = 1024;

type Of<Name extends string> = Extract<QuarantineLimit, Record<Name, number>>;
const quarantineLimit = either(
  'an object, { count } or { percent }',
  object<Of<'count'>>({ count: required(whole(0)) }),
  object<Of<'percent'>>({
    percent: required(
      value('a number from 0 to 100', (given) => typeof given === 'number' && given >= 0 && given <= 100),
    ),
  }),
);

const device = object<Exclude<NonNullable<EmbedOptions['device']>, 'auto'>>({
  kind: required(words),
  index: required(
    value('null or a whole number of at least 0', (given) => given === null || whole(0)(given, '') === null),
  ),
  every: flag,
});

const shape: Shape<EmbedOptions> = {
  inputs: required(array(words, 'paths')),
  out: required(words),
  model: required(words),
  // `resolveModel` looks into them.
  overrides: value('an object', (given) => typeof given === 'object' && given !== null),
  workers: whole(1, MOST_AT_ONCE),
  device: either("'auto', or a device such as { kind: 'cpu', index: null }", device, oneOf(['auto'])),
  shards: whole(1),
  threads: whole(1, MOST_AT_ONCE),
  seqThreshold: whole(1),
  timeThresholdSec: above0('seconds'),
  batchTokens: either("a whole number of at least 1, or 'auto'", whole(1), oneOf(['auto'])),
  translate: oneOf(['open', 'all']),
  keepU: flag,
  keepStop: flag,
  maxQuarantined: quarantineLimit,
  retryQuarantined: flag,
  stallTimeoutSec: above0('seconds'),
  graceSec: above0('seconds'),
  format: required(oneOf(Object.keys(formats))),
  forceRestart: required(flag),
};
const embedOptions = object<EmbedOptions>(shape);

const stopSwitch = object<StopSwitch>({
  signal: required(signal),
  handler: required(value('a function or null', (given) => given === null || typeof given === 'function')),
});

/** @throws RangeError and TypeError for what `embed` cannot be called with (`code` is `invalid_option`). */
export function checkEmbed(options: unknown, tell: unknown, stop: unknown): void {
  checkOptions('embed', options, embedOptions);
  checkOptions('embed', tell, callback, 'tell');
  checkOptions('embed', stop, stopSwitch, 'stop');
}
