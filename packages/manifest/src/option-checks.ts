import {
  atLeast,
  type Check,
  callback,
  checkOptions,
  flag,
  object,
  signal,
  text,
  timer,
  whole,
} from '@holdfast/options';
import type { ShardClaim } from './claim.js';
import { ManifestOptionError } from './errors.js';
import type { FileLockOptions } from './file-lock.js';
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

/** A claim is given as it is: it has the token. */
export const updateOptions = object<UpdateOptions & Partial<ShardClaim>>({
  token: text,
  rank: whole(0),
  owner: text,
  attempt: whole(1),
});

export const claimOptions = object<ClaimOptions>({ steal: flag, unlessAliveWithinMs: milliseconds });
export const watchOptions = object<WatchOptions>({ signal, pollMs: timer });
export const fileLockOptions = object<FileLockOptions>({ shared: flag, timeoutMs: milliseconds, signal });

/** As `checkOptions`, of a method that updates. @throws ManifestOptionError. */
export function checkUpdateOptions(of: string, given: unknown, check: Check): void {
  try {
    checkOptions(of, given, check);
  } catch (cause) {
    throw new ManifestOptionError(cause as ConstructorParameters<typeof ManifestOptionError>[0]);
  }
}
