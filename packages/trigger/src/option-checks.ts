import {
  above0,
  array,
  atLeast,
  callback,
  checkOptions,
  kind,
  object,
  required,
  type Shape,
  whole,
} from '@holdfast/options';
import type { Progress, Thresholds } from './decide.js';
import type { TriggerOptions } from './trigger.js';

const thresholdShape: Shape<Partial<Thresholds>> = {
  seqThreshold: above0('sequences'),
  timeThresholdSec: above0('seconds'),
  emergencyOverrideSec: above0('seconds'),
};

/** What may be passed of the thresholds. */
export const thresholds = object<Partial<Thresholds>>(thresholdShape);

export const isEnv = kind(
  'an object, such as process.env',
  (given) => typeof given === 'object' && given !== null,
);

/** Of a batch: sequences, or bytes of rows. */
export const isCount = required(whole(0));

export const triggerOptions = object<TriggerOptions>({
  ...thresholdShape,
  policies: array(callback, 'functions'),
  env: isEnv,
  now: callback,
});

/** Of a progress, what `decide` looks at, and the bytes that a rule may look at besides. */
const progress = object<Omit<Progress, 'bytes'> & Partial<Pick<Progress, 'bytes'>>>({
  sequences: required(atLeast(0, 'sequences')),
  seconds: required(atLeast(0, 'seconds')),
  bytes: atLeast(0, 'bytes'),
});

const allThresholds = object<Thresholds>({
  seqThreshold: required(above0('sequences')),
  timeThresholdSec: required(above0('seconds')),
  emergencyOverrideSec: required(above0('seconds')),
});

/** @throws RangeError and TypeError for what `decide` cannot compare. */
export function checkDecision(at: unknown, limits: unknown): void {
  checkOptions('decide', at, progress, 'progress');
  checkOptions('decide', limits, allThresholds, 'thresholds');
}
