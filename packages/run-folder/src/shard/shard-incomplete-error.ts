/** A shard that counted as complete lacks rows or holds a damaged file. */
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
