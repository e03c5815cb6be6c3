import { LONG_SEQUENCES, POOLINGS } from '@holdfast/gpu-runtime';
import { z } from 'zod';

const schema = z.object({
  out: z.string(),
  model: z.string(),
  overrides: z.object({
    pooling: z.enum(POOLINGS).optional(),
    longSequences: z.enum(LONG_SEQUENCES).optional(),
    windowOverlap: z.number().optional(),
    output: z.string().optional(),
  }),
  /** The model's, as it was when the run was planned. */
  fingerprint: z.string(),
  batchTokens: z.number().int().positive(),
  run: z.string(),
  /** What the run's record says beside the inputs, for checkpoints to keep. */
  record: z.string(),
  /** SHA-256 of the summary of the run's index. */
  index: z.string().optional(),
  device: z.string(),
  /** Threads that compute on the CPU. */
  threads: z.number().int().positive(),
  shards: z.number().int().positive(),
  /** Milliseconds that the worker has to save and end once its coordinator is gone. */
  graceMs: z.number().nonnegative(),
  /** Quarantined sequences of complete shards are tried again, these ones; absent: shards are embedded. */
  retry: z.enum(['set_aside', 'all']).exactOptional(),
  trigger: z.object({
    seqThreshold: z.number().exactOptional(),
    timeThresholdSec: z.number().exactOptional(),
  }),
});

/** What a worker process is told at its start, as one JSON argument. */
export type WorkerOptions = z.infer<typeof schema>;

export const formatWorkerOptions = (options: WorkerOptions): string => JSON.stringify(options);

export const parseWorkerOptions = (text: string | undefined): WorkerOptions =>
  schema.parse(JSON.parse(text ?? 'null'));
