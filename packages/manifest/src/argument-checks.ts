import { type Check, checkOptions, required, text, value, whole, words } from '@holdfast/options';
import { ManifestOptionError } from './errors.js';

// Checks of single arguments. An options object is checked beside its interface.

export const isPath = required(words);
/** A shard's rank. */
export const isRank = required(whole(0));
export const isOwner = required(words);
export const isText = required(text);
export const isCount = required(whole(0));
export const isRecovery = required(value('plain JSON or null', (given) => given !== undefined));
/** Includes 0, so an existing manifest is reported before 0 is refused. */
export const isShardCount = required(
  value(
    'a whole number of at least 1; this is not a number of shards',
    (given) => isCount(given, '') === null,
  ),
);
export const isWorldSize = required(whole(1));

/** Like `checkOptions`, for a method that updates. @throws ManifestOptionError */
export function checkUpdateOptions(of: string, given: unknown, check: Check, path = ''): void {
  try {
    checkOptions(of, given, check, path);
  } catch (cause) {
    throw new ManifestOptionError(cause as ConstructorParameters<typeof ManifestOptionError>[0]);
  }
}
