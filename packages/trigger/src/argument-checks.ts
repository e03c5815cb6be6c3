import { kind, required, whole } from '@holdfast/options';

export const isEnv = kind(
  'an object, such as process.env',
  (given) => typeof given === 'object' && given !== null,
);

/** A batch's sequences, or bytes of its rows. */
export const isCount = required(whole(0));
