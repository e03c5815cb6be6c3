/** The manifest is not as it was written: cut off, changed by hand, or damaged. */
export class ManifestCorruptError extends Error {
  readonly code = 'manifest_corrupt';
  override readonly name = 'ManifestCorruptError';

  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${path}: the manifest cannot be read (${reason}); move it aside to have it rebuilt from the checkpoints`,
      options,
    );
  }
}

/**
 * The manifest has a version that this Holdfast does not know. It is not damaged, so nothing may replace it.
 */
export class ManifestVersionError extends Error {
  readonly code = 'manifest_version';
  override readonly name = 'ManifestVersionError';

  constructor(
    readonly path: string,
    readonly version: unknown,
  ) {
    super(
      `${path} has version ${JSON.stringify(version)}, but this Holdfast reads "1.0"; use the Holdfast that wrote it, or a newer one`,
    );
  }
}

/** An update names a shard or a file that the manifest cannot have. */
export class ManifestUpdateError extends Error {
  readonly code: string = 'manifest_update';
  override readonly name: string = 'ManifestUpdateError';
}

/** An update has an unknown option, or one with an invalid value. It changed nothing. */
export class ManifestOptionError extends ManifestUpdateError {
  override readonly code = 'invalid_option';
  override readonly name = 'ManifestOptionError';
  /** The method that refused it. */
  readonly of: string;
  /** The option; empty for the options object itself. */
  readonly option: string;
  readonly given: unknown;

  constructor(cause: Error & { of: string; option: string; given: unknown }) {
    super(cause.message, { cause });
    this.of = cause.of;
    this.option = cause.option;
    this.given = cause.given;
  }
}

/** A manifest exists, and replacing it was not requested. Nothing was changed. */
export class ManifestExistsError extends Error {
  readonly code = 'EEXIST';
  override readonly name = 'ManifestExistsError';

  constructor(readonly path: string) {
    super(
      `EEXIST: ${path} already exists, and initialize() would replace it; keep using it, or pass { replace: true } to start over`,
    );
  }
}

/** An update by a process that does not hold the shard's claim, or no longer does. It changed nothing. */
export class StaleClaimError extends ManifestUpdateError {
  override readonly code = 'stale_claim';
  override readonly name = 'StaleClaimError';

  constructor(
    readonly rank: number,
    /** Who holds the shard now; null if nobody does. */
    readonly owner: string | null,
    hadToken: boolean,
  ) {
    const holder = owner === null ? 'nobody has claimed it' : `it is claimed by ${owner}`;
    super(
      hadToken
        ? `this worker's claim to shard ${rank} is over: ${holder}; the worker must exit`
        : `shard ${rank} can only be updated with the token of its claim: ${holder}`,
    );
  }
}

/** A claim to a shard whose owner is alive: its process runs, or it gave a recent sign of life. */
export class ShardClaimedError extends ManifestUpdateError {
  override readonly code = 'shard_claimed';
  override readonly name = 'ShardClaimedError';

  constructor(
    readonly rank: number,
    readonly owner: string,
    /** Its last sign of life, ISO 8601. */
    readonly since: string,
    /** Whether the kernel knows its process to be alive; otherwise its last sign of life was recent. */
    readonly running = false,
  ) {
    const alive = running
      ? 'whose process is alive; claim the shard once it has exited, or pass { steal: true } to take it away'
      : `who was alive at ${since}`;
    super(`shard ${rank} is claimed by ${owner}, ${alive}`);
  }
}
