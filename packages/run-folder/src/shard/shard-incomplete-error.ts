/** A shard that was taken for complete lacks rows or holds a file that is not what was written. */
export class ShardIncompleteError extends Error {
  readonly code = 'shard_incomplete';
  override readonly name = 'ShardIncompleteError';

  constructor(
    readonly shard: number,
    reason: string,
  ) {
    super(`shard ${shard}: ${reason}`);
  }
}
