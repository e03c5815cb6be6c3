import { z } from 'zod';

const schema = z.object({
  out: z.string(),
  model: z.string(),
  run: z.string(),
  device: z.string(),
  shards: z.number().int().positive(),
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
