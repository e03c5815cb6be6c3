export type { ShardClaim } from './claims/claim.js';
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
export type { FoundCheckpoints, Rebuild } from './files/rebuild.js';
export { CheckpointManifest } from './manifest.js';
export type { GlobalProgress } from './model/progress.js';
export type { Json } from './model/recovery.js';
export type { CheckpointEntry, Lease, ManifestState, ShardState, ShardStatus } from './model/schema.js';
export type {
  ClaimNextOptions,
  ClaimOptions,
  InitializeOptions,
  Lock,
  ManifestOptions,
  UpdateOptions,
} from './options.js';
export type { ManifestChange, ManifestWatch, WatchOptions } from './watch.js';
