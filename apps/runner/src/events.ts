import type { CoordinatorEvent, ErrorKind } from '@holdfast/coordinator';
import type { LetterCounts, Padding } from '@holdfast/plan';
import type { PreflightEvent } from '@holdfast/preflight';

/** What workers do, as a run tells it. */
export type WorkEvent =
  | CoordinatorEvent
  /** Not every quarantined sequence of a shard could be tried again; the shard is complete all the same. */
  | { type: 'retry_given_up'; shard: number; kind: ErrorKind; message: string };

/** What a run tells while it goes on. */
export type RunEvent =
  | { type: 'indexing'; sequences: number; residues: number; bytes: number; file: string }
  | ({
      type: 'planned';
      resumed: boolean;
      /** Sequences of them that are done, as the manifest has it. */
      done: number;
      sequences: number;
      residues: number;
      batches: number;
      shards: number;
      workers: number;
      /** Where rows are computed, such as `cpu` or `cuda:0`. */
      device: string;
    } & Padding)
  | Exclude<PreflightEvent, { type: 'warning' }>
  | { type: 'coordinator'; event: WorkEvent }
  /** Sequences done of all; tokens in a second, padding included, of late; both null until they are known. */
  | {
      type: 'progress';
      done: number;
      total: number;
      tokens_per_second: number | null;
      seconds_left: number | null;
    }
  /** Quarantined sequences are tried again, each alone, and were: so many now have a row. */
  | { type: 'retrying'; sequences: number }
  | { type: 'retried'; sequences: number; recovered: number }
  | { type: 'repair'; shard: number; reason: string }
  /** `letters`: the counts that a warning about letters is made of. */
  | { type: 'warning'; message: string; letters?: Partial<LetterCounts> }
  /** The run ends without a result; the same is said on standard error. */
  | { type: 'run_failed'; exit_code: number; message: string }
  | { type: 'assembling'; file: string }
  /** Results of the first version, complete already, do not tell their padding. */
  | ({
      type: 'complete';
      already: boolean;
      /** Rows of the result. */
      sequences: number;
      /** Sequences without a row, and where they are listed if there are any. */
      quarantined: number;
      quarantine?: string;
      dim: number;
      embeddings: string;
      ids: string;
    } & (Padding | { [key in keyof Padding]?: never }));

export type Tell = (event: RunEvent) => void;
