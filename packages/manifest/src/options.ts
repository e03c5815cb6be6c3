import { atLeast, type Check, callback, flag, object, text, whole } from '@holdfast/options';
import type { ShardClaim } from './claims/claim.js';
import type { Rebuild } from './files/rebuild.js';

const milliseconds = atLeast(0, 'milliseconds');

/** The part of a lock that a manifest uses. */
export interface Lock {
  release(): Promise<void>;
}

export interface ManifestOptions {
  /** Milliseconds to wait for the lock. Default 30,000. */
  lockTimeoutMs?: number;
  /** Takes the lock that every update holds. Default: `FileLock` on `<path>.lock`. */
  acquireLock?: () => Promise<Lock>;
  /** The time, for the record. Default: now. */
  now?: () => Date;
  /**
   * Whether an update is synced before it is acknowledged. Default true; false may lose updates in a power
   * cut.
   */
  fsync?: boolean;
  /** Reads the checkpoint folders, to rebuild a damaged manifest. Default: the damage is thrown. */
  rebuild?: Rebuild;
  /** Called when a damaged manifest was rebuilt. Default: a warning of the process. */
  onWarning?: (message: string) => void;
}

export const manifestOptions = object<ManifestOptions>({
  lockTimeoutMs: milliseconds,
  acquireLock: callback,
  now: callback,
  fsync: flag,
  rebuild: callback,
  onWarning: callback,
});

export interface InitializeOptions {
  /**
   * Whether an existing manifest is replaced, with everything it records. Default false: it is kept, with an
   * error.
   */
  replace?: boolean;
}

export const initializeOptions = object<InitializeOptions>({ replace: flag });

export interface UpdateOptions {
  /** The token of the shard's claim; a worker's updates of a claimed shard need it. */
  token?: string;
}

/** Refuses a value that is not an object with a message about claims. */
const asClaim =
  (check: Check): Check =>
  (given, path) => {
    const fault = check(given, path);
    if (fault === null || fault.path !== path || fault.kind !== 'type') return fault;
    return {
      ...fault,
      called: 'the claim',
      wanted: 'the claim from claimShard, or an object with its token',
    };
  };

/** Accepts a whole claim, since it has the token. */
export const updateOptions = asClaim(
  object<UpdateOptions & Partial<ShardClaim>>({
    token: text,
    rank: whole(0),
    owner: text,
    attempt: whole(1),
  }),
);

export interface ClaimOptions {
  /** Whether to take the shard from an owner whose process is alive. Default false. */
  steal?: boolean;
  /**
   * Judges the other owner by its last sign of life instead of its process: takes the shard away if that is
   * older than this many milliseconds by the clocks of both, and refuses otherwise, dead or alive. Not
   * together with `steal`.
   */
  unlessAliveWithinMs?: number;
  /**
   * Refuses unless the shard is in progress and its claim is still the one with this number (`lease.attempt`; 0: nobody has
   * claimed it). For who has looked at the owner before, and decided about that one. Default: any.
   */
  ifAttempt?: number;
}

export const claimOptions = object<ClaimOptions>({
  steal: flag,
  unlessAliveWithinMs: milliseconds,
  ifAttempt: whole(0),
});

export interface ClaimNextOptions {
  /** The rank to begin at; after the last shard comes the first. Default 0. */
  from?: number;
}

export const claimNextOptions = object<ClaimNextOptions>({ from: whole(0) });
