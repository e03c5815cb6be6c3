/** The manifest is not what this version can read: cut off, changed by hand, or of another version. */
export class ManifestCorruptError extends Error {
  readonly code = 'manifest_corrupt';
  override readonly name = 'ManifestCorruptError';

  constructor(
    readonly path: string,
    reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${path}: the manifest cannot be read (${reason}); move it aside, and it is made anew from the checkpoints`,
      options,
    );
  }
}

/** An update that names a shard or a file the manifest cannot have. */
export class ManifestUpdateError extends Error {
  readonly code = 'manifest_update';
  override readonly name = 'ManifestUpdateError';
}
