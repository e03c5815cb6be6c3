import type { Translation } from '@holdfast/fasta';
import type { ModelOverrides } from '@holdfast/gpu-runtime';
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
import type { DeviceWish } from '@holdfast/preflight';
import { type FormatName, formats } from '@holdfast/run-folder';
import type { QuarantineLimit } from './coordinate/quarantine-limit.js';

export interface EmbedOptions {
  inputs: readonly string[];
  out: string;
  model: string;
  /** What is wanted otherwise than the model's folder says. */
  overrides?: ModelOverrides;
  /** Default: one a core on a CPU, else one a device. */
  workers?: number;
  /** Default: the fastest that works. */
  device?: DeviceWish;
  shards?: number;
  /** Of a worker on the CPU. Default: its part of the cores. */
  threads?: number;
  seqThreshold?: number;
  timeThresholdSec?: number;
  /** Tokens of a batch; `auto` measures. Default: what suits the model on the CPU, else `auto`. A resume without a number takes the run's. */
  batchTokens?: number | 'auto';
  /** Translate nucleotides for a protein model: the frames without a stop codon, or all six. Default: as they are. */
  translate?: Translation;
  /** Keeps U (or T) where the model knows only the other of the two. Default: it is read as the one that the model knows. */
  keepU?: boolean;
  /** Keeps a final `*` of a protein. Default: it is left out where the model does not know it. */
  keepStop?: boolean;
  /** With more sequences quarantined the run ends. Default: 100 or 1 %, whichever is more. */
  maxQuarantined?: QuarantineLimit;
  /** Try every quarantined sequence again, also those that the model refused. Default: only those that were set aside. */
  retryQuarantined?: boolean;
  /** Seconds without progress after which a worker is ended, and its shard tried again. Default 600. */
  stallTimeoutSec?: number;
  /** Seconds that a worker has to save and end once it is told to, or once its coordinator is gone; then it is killed. Default 30. */
  graceSec?: number;
  format: FormatName;
  forceRestart: boolean;
}

/** How a run is stopped from outside. */
export interface Stop {
  /** Aborted to stop: workers save and exit. A `StoppedError` as its reason says which signal asked for it. */
  signal: AbortSignal;
  /** Aborted when that takes too long: workers are killed. Without effect before `signal`. */
  now?: AbortSignal;
}

/** What is waited for a worker where nothing is said: to make progress, and to save and end; seconds. */
const STALL_SEC = 600;
const GRACE_SEC = 30;

/** The limits that a run's workers are held to, in milliseconds. */
export const limitsOf = ({ stallTimeoutSec = STALL_SEC, graceSec = GRACE_SEC }: EmbedOptions) => ({
  stallMs: stallTimeoutSec * 1000,
  graceMs: graceSec * 1000,
});

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

const isStop = object<Stop>({ signal: required(signal), now: signal });

/** @throws RangeError and TypeError for what `embed` cannot be called with (`code` is `invalid_option`). */
export function checkEmbed(options: unknown, report: unknown, stop: unknown): void {
  checkOptions('embed', options, embedOptions);
  checkOptions('embed', report, callback, 'report');
  checkOptions('embed', stop, isStop, 'stop');
}
