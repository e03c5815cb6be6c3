import { z } from 'zod';

const count = z.number().int().nonnegative();

const checkpoint = z.object({
  batch_idx: count,
  num_sequences: count,
  file: z.string(),
  recorded_at: z.string(),
});

const shard = z.object({
  status: z.enum(['in_progress', 'complete', 'failed']),
  /** Index of the newest checkpoint; -1 before the first. */
  last_checkpoint_batch: z.number().int().min(-1),
  total_sequences: count,
  checkpoints: z.array(checkpoint),
  completed_at: z.string().nullable(),
  error: z.string().nullable(),
});

const redistribution = z.object({ failed_rank: count, new_rank: count, recorded_at: z.string() });

/** `manifest.json`, in the seed's spelling. */
export const manifestSchema = z.object({
  version: z.literal('1.0'),
  world_size: count,
  created_at: z.string(),
  updated_at: z.string(),
  shards: z.record(z.string().regex(/^\d+$/), shard),
  redistributions: z.array(redistribution),
});

export type ManifestState = z.infer<typeof manifestSchema>;
export type ShardState = z.infer<typeof shard>;
export type CheckpointEntry = z.infer<typeof checkpoint>;
export type ShardStatus = ShardState['status'];
