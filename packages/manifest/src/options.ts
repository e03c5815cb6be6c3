import { atLeast, type Check, callback, flag, object, text, whole } from '@holdfast/options';
import type { ShardClaim } from './claims/claim.js';
import type { Rebuild } from './files/rebuild.js';

const milliseconds = atLeast(0, 'milliseconds');

/** What a manifest needs of a lock. */
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
  /** Whether an update is forced to the device before it is acknowledged. Default true; false loses some in a power cut. */
  fsync?: boolean;
  /** Finds out what is in the checkpoint folders, to make a damaged manifest anew. Default: the damage is thrown. */
  rebuild?: Rebuild;
  /** Told when a damaged manifest was made anew. Default: a warning of the process. */
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
  /** Whether a manifest that is there is replaced, with all that it records. Default false: it is kept, and that is an error. */
  replace?: boolean;
}

export const initializeOptions = object<InitializeOptions>({ replace: flag });

export interface UpdateOptions {
  /** The token of the shard's claim, which an update by a worker of a claimed shard needs. */
  token?: string;
}

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

export interface ClaimOptions {
  /** Whether the shard is taken away from an owner whose process is alive. Default false. */
  steal?: boolean;
  /**
   * Judges the other owner by its last sign of life, and not by its process: where that is older than so many milliseconds, by
   * the clocks of both, the shard is taken away; else it is not, dead or alive. Not together with `steal`.
   */
  unlessAliveWithinMs?: number;
}

export const claimOptions = object<ClaimOptions>({ steal: flag, unlessAliveWithinMs: milliseconds });
