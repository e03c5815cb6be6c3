import {
  array,
  atLeast,
  type Check,
  callback,
  checkOptions,
  flag,
  object,
  required,
  signal,
  text,
  timer,
  value,
  whole,
  words,
} from '@holdfast/options';
import type { ShardClaim } from './claim.js';
import { ManifestOptionError } from './errors.js';
import type { RecordedCheckpoint } from './events.js';
import type { ClaimOptions, InitializeOptions, ManifestOptions, UpdateOptions } from './manifest.js';
import type { WatchOptions } from './watch.js';

const milliseconds = atLeast(0, 'milliseconds');

export const manifestOptions = object<ManifestOptions>({
  lockTimeoutMs: milliseconds,
  acquireLock: callback,
  now: callback,
  fsync: flag,
  rebuild: callback,
  onWarning: callback,
});

export const initializeOptions = object<InitializeOptions>({ replace: flag });

/** A refusal of what is no object at all, in the words of who has a claim. */
const asClaim =
  (check: Check): Check =>
  (given, path) => {
    const fault = check(given, path);
    if (fault === null || fault.path !== path || fault.kind !== 'type') return fault;
    return { ...fault, called: 'the claim', wanted: 'what claimShard gave, or an object with its token' };
  };

/** A claim is given as it is: it has the token. */
export const updateOptions = asClaim(
  object<UpdateOptions & Partial<ShardClaim>>({
    token: text,
    rank: whole(0),
    owner: text,
    attempt: whole(1),
  }),
);

export const isPath = required(words);
/** A shard's rank. */
export const isRank = required(whole(0));
export const isOwner = required(words);
export const isText = required(text);
export const isCount = required(whole(0));
export const recordedCheckpoints = required(
  array(
    object<RecordedCheckpoint>({ batchIdx: isCount, numSequences: isCount, file: isText }),
    'checkpoints, { batchIdx, numSequences, file }',
  ),
);
export const isRecovery = required(value('plain JSON or null', (given) => given !== undefined));
/** Any number of shards, so that what is there is told before 0 is refused. */
export const isShardCount = required(
  value('a whole number of at least 1; this is no number of shards', (given) => isCount(given, '') === null),
);
export const isWorldSize = required(whole(1));

export const claimOptions = object<ClaimOptions>({ steal: flag, unlessAliveWithinMs: milliseconds });
export const watchOptions = object<WatchOptions>({ signal, pollMs: timer });

/** As `checkOptions`, of a method that updates. @throws ManifestOptionError */
export function checkUpdateOptions(of: string, given: unknown, check: Check, path = ''): void {
  try {
    checkOptions(of, given, check, path);
  } catch (cause) {
    throw new ManifestOptionError(cause as ConstructorParameters<typeof ManifestOptionError>[0]);
  }
}
