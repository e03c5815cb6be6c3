/** The manifest is not what was written: cut off, changed by hand, or damaged. */
export class ManifestCorruptError extends Error {
  readonly code = 'manifest_corrupt';
  override readonly name = 'ManifestCorruptError';

  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${path}: the manifest cannot be read (${reason}); move it aside, and it is made anew from the checkpoints`,
      options,
    );
  }
}

/** The manifest is of a version that this one does not know; nothing is wrong with it, so nothing may replace it. */
export class ManifestVersionError extends Error {
  readonly code = 'manifest_version';
  override readonly name = 'ManifestVersionError';

  constructor(
    readonly path: string,
    readonly version: unknown,
  ) {
    super(
      `${path} is of version ${JSON.stringify(version)}, and this Holdfast reads "1.0"; go on with the Holdfast that wrote it, or a newer one`,
    );
  }
}

/** An update that names a shard or a file the manifest cannot have. */
export class ManifestUpdateError extends Error {
  readonly code: string = 'manifest_update';
  override readonly name: string = 'ManifestUpdateError';
}

/** An option of an update that there is not, or that has a value it cannot have. It changed nothing. */
export class ManifestOptionError extends ManifestUpdateError {
  override readonly code = 'invalid_option';
  override readonly name = 'ManifestOptionError';
  /** The method that refused it. */
  readonly of: string;
  /** The option; empty for the options themselves. */
  readonly option: string;
  readonly given: unknown;

  constructor(cause: Error & { of: string; option: string; given: unknown }) {
    super(cause.message, { cause });
    this.of = cause.of;
    this.option = cause.option;
    this.given = cause.given;
  }
}

/** A record that would have been replaced unasked. Nothing was changed. */
export class ManifestExistsError extends Error {
  readonly code = 'EEXIST';
  override readonly name = 'ManifestExistsError';

  constructor(readonly path: string) {
    super(
      `EEXIST: ${path} is there already, and initialize() would replace its record; go on with it as it is, or pass { replace: true } to begin anew`,
    );
  }
}

/** An update by one that does not hold the shard's claim any more, or never did. It changed nothing. */
export class StaleClaimError extends ManifestUpdateError {
  override readonly code = 'stale_claim';
  override readonly name = 'StaleClaimError';

  constructor(
    readonly rank: number,
    /** Who holds the shard now; null where nobody does. */
    readonly owner: string | null,
    hadToken: boolean,
  ) {
    const holder = owner === null ? 'nobody has claimed it' : `it is claimed by ${owner}`;
    super(
      hadToken
        ? `shard ${rank} was given to another: ${holder}; this worker must end`
        : `shard ${rank} can only be updated with the token of its claim: ${holder}`,
    );
  }
}

/** A claim of a shard whose owner is alive: its process is, or it gave a sign of life not long ago. */
export class ShardClaimedError extends ManifestUpdateError {
  override readonly code = 'shard_claimed';
  override readonly name = 'ShardClaimedError';

  constructor(
    readonly rank: number,
    readonly owner: string,
    /** Its last sign of life, ISO 8601. */
    readonly since: string,
    /** Whether the kernel knows its process to be alive; else its last sign of life was near. */
    readonly running = false,
  ) {
    const alive = running
      ? 'whose process is alive; claim the shard when that has ended, or pass { steal: true } to take it away'
      : `who was alive at ${since}`;
    super(`shard ${rank} is claimed by ${owner}, ${alive}`);
  }
}
