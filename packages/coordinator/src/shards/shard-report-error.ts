/** `onShardFailed` rejected the report of a failed shard, so the failure may not be recorded anywhere. */
export class ShardReportError extends Error {
  readonly code = 'shard_report';
  override readonly name = 'ShardReportError';

  constructor(
    readonly shard: number,
    options: ErrorOptions,
  ) {
    const { cause } = options;
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`the failure of shard ${shard} could not be recorded (${why}); a rerun retries the shard`, options);
  }
}
