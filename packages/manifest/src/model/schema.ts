import * as z from '@holdfast/schema';
import { recovery } from './recovery.js';

const count = z.custom<number>(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  'must be a whole number of at least 0',
);

/** A name that stays within the shard's folder. */
const baseName = z.string().refine((name) => !/^\.{0,2}$|[/\\\0]/.test(name), {
  error: ({ input }) => `${JSON.stringify(input)} is not a plain file name within the shard's folder`,
});

const checkpoint = z.object({
  batch_idx: count,
  num_sequences: count,
  file: baseName,
  recorded_at: z.string(),
});

const lease = z.object({
  owner: z.string(),
  /** How often the shard has been claimed, including this claim. */
  attempt: z.number().int().positive(),
  claimed_at: z.string(),
  /** The owner's last sign of life. */
  heartbeat_at: z.string(),
});

const shard = z.object({
  status: z.enum(['in_progress', 'complete', 'failed']),
  /** Number of the newest checkpoint; -1 before the first. */
  last_checkpoint_batch: z.number().int().min(-1),
  total_sequences: count,
  checkpoints: z.array(checkpoint),
  completed_at: z.string().nullable(),
  error: z.string().nullable(),
  lease: lease.nullable().default(null),
  /** The coordinator's state about the shard's failures; opaque here. */
  recovery: recovery.default(null),
  /** The number of the last event that changed it. */
  revision: count.default(0),
});

const redistribution = z.object({ failed_rank: count, new_rank: count, recorded_at: z.string() });

/** `manifest.json`, in the seed's spelling. Later fields have defaults, so older files stay readable. */
export const manifestSchema = z
  .object({
    version: z.literal('1.0'),
    /** Distinguishes this manifest from earlier ones at its path; empty in files older than the journal. */
    manifest_id: z.string().default(''),
    /** The number of the last event that this document contains; the journal goes on from there. */
    revision: count.default(0),
    world_size: count,
    created_at: z.string(),
    updated_at: z.string(),
    shards: z.record(z.string().regex(/^(0|[1-9]\d*)$/), shard),
    redistributions: z.array(redistribution),
  })
  .superRefine(({ world_size, shards }, context) => {
    const ranks = Object.keys(shards);
    const surplus = ranks.find((rank) => Number(rank) >= world_size);
    for (let rank = 0; rank < world_size; rank++)
      if (shards[rank] === undefined)
        return context.addIssue({ code: 'custom', path: ['shards'], message: `shard ${rank} is missing` });
    if (surplus !== undefined)
      context.addIssue({ code: 'custom', path: ['shards'], message: `shard ${surplus} is one too many` });
  });

const rank = count;

/** An event, as a line of the journal stores it. */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('checkpoint'),
    rank,
    batch_idx: count,
    num_sequences: count,
    file: baseName,
  }),
  z.object({
    type: z.literal('reconciled'),
    rank,
    /** Numbers of checkpoints that are removed. */
    removed: z.array(count),
    added: z.array(checkpoint.omit({ recorded_at: true })),
  }),
  z.object({ type: z.literal('complete'), rank }),
  z.object({ type: z.literal('in_progress'), rank }),
  z.object({ type: z.literal('failed'), rank, error: z.string() }),
  z.object({ type: z.literal('redistributed'), failed_rank: rank, new_rank: rank }),
  z.object({ type: z.literal('claimed'), rank, owner: z.string() }),
  z.object({ type: z.literal('heartbeat'), rank }),
  z.object({ type: z.literal('recovery'), rank, recovery }),
]);

const types = new Set<string>(eventSchema.options.map(({ shape }) => shape.type.value));

/** Whether there are events of this type. */
export const isEventType = (type: string) => types.has(type);

export type ManifestState = z.infer<typeof manifestSchema>;
export type ShardState = z.infer<typeof shard>;
export type CheckpointEntry = z.infer<typeof checkpoint>;
export type Lease = z.infer<typeof lease>;
export type ShardStatus = ShardState['status'];
export type ManifestEvent = z.infer<typeof eventSchema>;
