import type { ShardSource } from '@holdfast/coordinator';

/** The claims of a task that works beside others: its shards come from there, one by one. */
export interface Claims extends ShardSource {
  /** The token of a shard that the task holds. */
  tokenOf(shard: number): { token: string } | undefined;
  /** A shard is settled, or another's. */
  release(shard: number): void;
}
