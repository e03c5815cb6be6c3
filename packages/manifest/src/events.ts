import { array, object, required, text, whole } from '@holdfast/options';
import { ManifestUpdateError } from './errors.js';
import { type CheckpointEntry, eventSchema, type ManifestEvent } from './model/schema.js';

/** One checkpoint as a worker reports it. */
export interface RecordedCheckpoint {
  checkpoint: number;
  numSequences: number;
  /** File name within the shard's folder. */
  file: string;
}

export const recordedCheckpoints = required(
  array(
    object<RecordedCheckpoint>({
      checkpoint: required(whole(0)),
      numSequences: required(whole(0)),
      file: required(text),
    }),
    'checkpoints, { checkpoint, numSequences, file }',
  ),
);

/** A checkpoint in the manifest's spelling. */
export const factsOf = ({
  checkpoint,
  numSequences,
  file,
}: RecordedCheckpoint): Omit<CheckpointEntry, 'recorded_at'> => ({
  batch_idx: checkpoint,
  num_sequences: numSequences,
  file,
});

/**
 * An event as it may be written: nothing may be that is not read again, and what comes from JavaScript is of any type.
 *
 * @throws ManifestUpdateError that says what is wrong.
 */
export function checkEvent(event: ManifestEvent): ManifestEvent {
  const parsed = eventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const { code, path, message: own } = parsed.error.issues[0]!;
  // Only our own issues are put in words for people.
  const message = code === 'custom' ? own : 'is not what the manifest can hold';
  throw new ManifestUpdateError(`${path.join('.')}: ${message}`, { cause: parsed.error });
}
