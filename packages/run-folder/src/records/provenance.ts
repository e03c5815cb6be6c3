import * as z from '@holdfast/schema';
import { modelOptionsSchema } from '../model-options.js';
import type { RunRecord } from './run-record.js';
import { type RunStarts, runStartSchema } from './run-starts.js';

/** How a result came to be: what was asked for, and every start of the run. Only `result.json` has it, since it has times. */
export const provenanceSchema = z.object({
  /** The version that began the run; absent for runs of earlier versions. */
  begun_with: z.string().exactOptional(),
  model: z.object({
    name: z.string(),
    fingerprint: z.string(),
    hub: z.object({ id: z.string(), revision: z.string(), commit: z.string() }).exactOptional(),
  }),
  /** Absent for runs of earlier versions. */
  model_options: modelOptionsSchema.exactOptional(),
  batch_tokens: z.number(),
  /** The device and the threads that the run was last computed with. */
  device: z.string().exactOptional(),
  threads: z.number().exactOptional(),
  starts: z.array(runStartSchema),
  /** Starts that are left out in the middle of a long list; absent if there are none. */
  starts_left_out: z.number().exactOptional(),
});

export type Provenance = z.infer<typeof provenanceSchema>;

/** The provenance of a result that is being joined. */
export function provenanceOf(record: RunRecord, { starts, left_out }: RunStarts): Provenance {
  const { begun_with, model, model_options, batch_tokens, device, threads } = record;
  return {
    ...(begun_with !== undefined && { begun_with }),
    model,
    ...(model_options && { model_options }),
    batch_tokens,
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    starts,
    ...(left_out > 0 && { starts_left_out: left_out }),
  };
}

/**
 * What the file of the embeddings says of how its rows were computed: nothing that may differ between two runs with the same rows,
 * such as a version or a time. Nothing either for runs that earlier versions began, which end with the bytes that they would have had.
 */
export function settingsFacts({
  begun_with,
  model_options,
}: Pick<RunRecord, 'begun_with' | 'model_options'>): Record<string, string> {
  if (begun_with === undefined || model_options === undefined) return {};
  const { pooling, layer, long_sequences, window_overlap, precision = 'fp32' } = model_options;
  return {
    pooling,
    layer,
    long_sequences,
    ...(window_overlap !== undefined && { window_overlap: `${window_overlap}` }),
    precision,
  };
}
