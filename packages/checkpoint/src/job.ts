import type { Metadata, StorageType, Written } from './write.js';

/** One checkpoint to be written. The buffer of its rows is lent until it is. */
export interface WriteJob {
  path: string;
  rows: { data: Float32Array<ArrayBuffer>; shape: readonly [rows: number, dim: number] };
  sequenceIds: readonly string[];
  metadata: Metadata;
  storage: StorageType;
}

/** What became of a job, and its buffer. */
export interface Outcome {
  written: Written | null;
  /** Why it was not written. */
  error: unknown;
  /** Null where it was lost with the thread. */
  buffer: ArrayBuffer | null;
}

/** Writes checkpoints one after another, in the order in which they are given; here, or in a thread. */
export interface JobRunner {
  /** Never fails. */
  run(job: WriteJob): Promise<Outcome>;
  /** Gives back what it holds; no job is at work. */
  close(): Promise<void>;
}

/** A job on its way to the thread; IDs as one text, which crosses faster than a list. */
export interface JobMessage extends Omit<WriteJob, 'sequenceIds'> {
  id: number;
  sequenceIds: string;
}

/** What the thread answers; of an error, what survives the way. */
export interface AnswerMessage {
  id: number;
  written: Written | null;
  error: { name: string; message: string; stack: string | undefined; code: unknown } | null;
  buffer: ArrayBuffer;
}
