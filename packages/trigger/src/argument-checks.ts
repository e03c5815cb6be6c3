import { kind, required, whole } from '@holdfast/options';

export const isEnv = kind(
  'an object, such as process.env',
  (given) => typeof given === 'object' && given !== null,
);

/** Of a batch: sequences, or bytes of rows. */
export const isCount = required(whole(0));
