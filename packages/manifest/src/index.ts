export type { ShardClaim } from './claim.js';
export {
  ManifestCorruptError,
  ManifestExistsError,
  ManifestOptionError,
  ManifestUpdateError,
  ManifestVersionError,
  ShardClaimedError,
  StaleClaimError,
} from './errors.js';
export type { RecordedCheckpoint } from './events.js';

export { CheckpointManifest } from './manifest.js';
export type { ClaimOptions, InitializeOptions, Lock, ManifestOptions, UpdateOptions } from './options.js';
export type { GlobalProgress } from './progress.js';
export type { FoundCheckpoints, Rebuild } from './rebuild.js';
export type { Json } from './recovery.js';
export type { CheckpointEntry, Lease, ManifestState, ShardState, ShardStatus } from './schema.js';
export type { ManifestChange, ManifestWatch, WatchOptions } from './watch.js';
