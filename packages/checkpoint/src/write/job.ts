import type { Matrix, Metadata, StorageType } from './parts.js';
import type { Written } from './write.js';

/** One checkpoint to be written. Its rows stay as they are until it is. */
export interface WriteJob {
  path: string;
  rows: Matrix;
  sequenceIds: readonly string[];
  metadata: Metadata;
  storage: StorageType;
}

/** Writes checkpoints one after another, in the order in which they are given; here, or in a thread. */
export interface JobRunner {
  run(job: WriteJob): Promise<Written>;
  /** Gives back what it holds; no job is at work. */
  close(): Promise<void>;
}

/** A job on its way to the thread; IDs as one text, which crosses faster than a list. */
export interface JobMessage extends Omit<WriteJob, 'sequenceIds'> {
  id: number;
  sequenceIds: string;
}

/** What the thread answers; of an error, what survives the way. */
export type AnswerMessage =
  | { id: number; written: Written }
  | { id: number; error: { name: string; message: string; stack: string | undefined; code: unknown } };
