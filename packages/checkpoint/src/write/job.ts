import type { Matrix, Metadata, StorageType } from './parts.js';
import type { Written } from './write.js';

/** One checkpoint to write. Its rows must not change until it is written. */
export interface WriteJob {
  path: string;
  rows: Matrix;
  sequenceIds: readonly string[];
  metadata: Metadata;
  storage: StorageType;
  /** See `WriterOptions.fence`. */
  fence?: string;
}

/** Writes checkpoints one at a time and in order, in this thread or another. */
export interface JobRunner {
  run(job: WriteJob): Promise<Written>;
  /** Releases its resources; no job may be running. */
  close(): Promise<void>;
}

/** A job as sent to the thread; the IDs are one text, which transfers faster than a list. */
export interface JobMessage extends Omit<WriteJob, 'sequenceIds'> {
  id: number;
  sequenceIds: string;
}

/** The thread's answer; an error is reduced to the fields that can be sent. */
export type AnswerMessage =
  | { id: number; written: Written }
  | { id: number; error: { name: string; message: string; stack: string | undefined; code: unknown } };
