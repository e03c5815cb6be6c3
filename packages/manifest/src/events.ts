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

/** A checkpoint with the manifest's field names. */
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
 * Checks an event before it is written: JavaScript callers may pass anything, and only readable events may be
 * written.
 *
 * @throws ManifestUpdateError that names the fault.
 */
export function checkEvent(event: ManifestEvent): ManifestEvent {
  const parsed = eventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const { code, path, message: own } = parsed.error.issues[0]!;
  // Only our own issues have text for people.
  const message = code === 'custom' ? own : 'is not valid in a manifest';
  throw new ManifestUpdateError(`${path.join('.')}: ${message}`, { cause: parsed.error });
}
