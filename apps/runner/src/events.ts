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
      sequences_done: number;
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
      sequences_done: number;
      sequences_total: number;
      tokens_per_second: number | null;
      seconds_left: number | null;
    }
  /** Quarantined sequences are tried again, each alone, and were: so many now have a row. */
  | { type: 'retrying'; sequences: number }
  | { type: 'retried'; sequences: number; sequences_recovered: number }
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

export type Report = (event: RunEvent) => void;

/** Version of the format of event lines, on standard output and in the logs. A new field or event is no new version. */
const FORMAT = 1;

/**
 * An event as the object that becomes a line of JSON. Its fields are named in snake_case; what they hold stays
 * as it is, since keys in there can be letters of sequences.
 *
 * @param at milliseconds since 1970.
 */
export function eventRecord(event: RunEvent, at: number): Record<string, unknown> {
  const { type, ...fields } = event.type === 'coordinator' ? event.event : event;
  // A worker's `complete` is its shard's; among the run's own events it would mean the end of the run.
  const name = event.type === 'coordinator' && type === 'complete' ? 'shard_complete' : type;
  const named = Object.entries(fields).map(([field, value]) => [inSnakeCase(field), value]);
  return { format: FORMAT, time: new Date(at).toISOString(), event: name, ...Object.fromEntries(named) };
}

const inSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
