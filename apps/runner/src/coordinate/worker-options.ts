import {
  type FingerprintProof,
  INCLUDES,
  isProof,
  LONG_SEQUENCES,
  POOLINGS,
  PRECISIONS,
  STORED_TYPES,
} from '@holdfast/gpu-runtime';
import * as z from '@holdfast/schema';

const schema = z.object({
  out: z.string(),
  model: z.string(),
  overrides: z.object({
    pooling: z.enum(POOLINGS).optional(),
    longSequences: z.enum(LONG_SEQUENCES).optional(),
    windowOverlap: z.number().optional(),
    output: z.string().optional(),
    layers: z.array(z.string()).readonly().optional(),
    include: z.array(z.enum(INCLUDES)).readonly().optional(),
    dtype: z.enum(STORED_TYPES).optional(),
    precision: z.enum(PRECISIONS).optional(),
  }),
  /** The model's fingerprint when the run was planned. */
  fingerprint: z.string(),
  /** What the files of that model were like; absent: the worker reads them too. */
  proof: z.custom<FingerprintProof>(isProof).exactOptional(),
  batchTokens: z.number().int().positive(),
  run: z.string(),
  /** The run record without the inputs, which each checkpoint keeps. */
  record: z.string(),
  /** SHA-256 of the summary of the run's index. */
  index: z.string().optional(),
  device: z.string(),
  /** Threads that compute on the CPU. */
  threads: z.number().int().positive(),
  shards: z.number().int().positive(),
  /** Milliseconds the worker gets to save and exit after its coordinator died. */
  graceMs: z.number().nonnegative(),
  /** Which quarantined sequences of complete shards to reattempt; absent: embed shards. */
  retry: z.enum(['set_aside', 'all']).exactOptional(),
  /** Milliseconds to wait for the manifest's lock; absent: as usual. */
  lockTimeoutMs: z.number().positive().exactOptional(),
  /** What happens when the disk is full. */
  onFullDisk: z.enum(['pause', 'stop']),
  trigger: z.object({
    seqThreshold: z.number().exactOptional(),
    timeThresholdSec: z.number().exactOptional(),
  }),
});

/** A worker process's options, passed as one JSON argument. */
export type WorkerOptions = z.infer<typeof schema>;

export const formatWorkerOptions = (options: WorkerOptions): string => JSON.stringify(options);

export const parseWorkerOptions = (text: string | undefined): WorkerOptions =>
  schema.parse(JSON.parse(text ?? 'null'));
