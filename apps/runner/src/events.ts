import type { CoordinatorEvent, ErrorKind } from '@holdfast/coordinator';
import type { HubEvent } from '@holdfast/model-hub';
import type { LetterCounts, Padding } from '@holdfast/plan';
import type { PreflightEvent } from '@holdfast/preflight';
import type { DryRunFigures, Lengths, PlanFigures } from './events/plan-figures.js';

/** An event of the coordinator or a worker, as a run reports it. */
export type WorkEvent =
  | CoordinatorEvent
  /** Not every quarantined sequence of a shard could be reattempted; the shard stays complete. */
  | { type: 'retry_given_up'; shard: number; kind: ErrorKind; message: string };

export type RunEvent =
  /** Options that were not given on the command line, but by a variable or a file, whose name is `from`. */
  | { type: 'settings'; settings: readonly { option: string; value: string; from: string }[] }
  | { type: 'indexing'; sequences: number; residues: number; bytes: number; file: string }
  | ({ type: 'planned'; resumed: boolean } & PlanFigures)
  /** A task of a run on several machines begins: `start` counts how often its engine has started it, from 1. */
  | { type: 'task'; task: string; engine: string; job: string | null; start: number; node: string }
  /** With `--dry-run`: what the command would do. */
  | ({ type: 'dry_run' } & DryRunFigures)
  /** With `--dry-run`: the model would be downloaded; bytes of its weights if known. Then what is known without it. */
  | { type: 'model_missing'; model: string; bytes: number | null }
  | { type: 'input_counted'; sequences: number; copies: number; residues: number; lengths: Lengths }
  /** With `--dry-run`: a few batches are computed, to estimate the time. */
  | { type: 'measuring_speed'; workers: number; device: string }
  | Exclude<PreflightEvent, { type: 'warning' }>
  | Exclude<HubEvent, { type: 'waiting' }>
  /** A lower precision is compared with fp32 on this many sequences; then what was found. */
  | { type: 'comparing_precision'; precision: string; sequences: number }
  | {
      type: 'precision_compared';
      precision: string;
      sequences: number;
      /** Cosines of the rows of a sequence in the two precisions. */
      cosine_median: number;
      cosine_worst: number;
    }
  | { type: 'coordinator'; event: WorkEvent }
  /** Sequences done, and the recent speed, padding included. Speed and time left are null until they are known. */
  | {
      type: 'progress';
      sequences_done: number;
      sequences_total: number;
      tokens_per_second: number | null;
      seconds_left: number | null;
    }
  /** Quarantined sequences are about to be reattempted, each alone; afterwards, how many now have a row. */
  | { type: 'retrying'; sequences: number }
  | { type: 'retried'; sequences: number; sequences_recovered: number }
  /** The disk of the folder is full, so the run waits for room; then it goes on, after so many seconds. */
  | { type: 'paused'; reason: 'disk_full'; message: string; folder: string }
  | { type: 'continued'; seconds: number }
  | { type: 'repair'; shard: number; reason: string }
  /** `letters`: the counts behind a warning about letters. */
  | { type: 'warning'; message: string; letters?: Partial<LetterCounts> }
  /** The run ends without a result. Standard error gets the same message. */
  | { type: 'run_failed'; exit_code: number; message: string }
  | { type: 'assembling'; file: string }
  /** Results of the first version do not record their padding. */
  | ({
      type: 'complete';
      already: boolean;
      /** Rows of the result. */
      sequences: number;
      /** Sequences without a row, and the file that lists them if there are any. */
      quarantined: number;
      quarantine?: string;
      /** Whether the exit code is 0 in spite of them. */
      quarantine_ok?: true;
      /** Records of the input that were left out, and the file that lists them, if there are any. */
      skipped?: number;
      skipped_table?: string;
      dim: number;
      /** How the rows were made, such as `mean.layer_33`, if the model's layers have numbers. */
      full_name?: string;
      embeddings: string;
      ids: string;
      /** The folder with what was computed beside the embeddings, if anything was. */
      more_outputs?: string;
    } & (Padding | { [key in keyof Padding]?: never }));

export type Report = (event: RunEvent) => void;

/** Version of the event lines on standard output and in the logs. A new field or event does not change it. */
const FORMAT = 1;

/**
 * An event as the object that becomes a line of JSON. Only its own fields are renamed to snake_case; keys inside
 * their values can be letters of sequences.
 *
 * @param at milliseconds since 1970.
 */
export function eventRecord(event: RunEvent, at: number): Record<string, unknown> {
  const { type, ...fields } = event.type === 'coordinator' ? event.event : event;
  // A worker's `complete` is about its shard; among the run's own events it would mean the end of the run.
  const name = event.type === 'coordinator' && type === 'complete' ? 'shard_complete' : type;
  const named = Object.entries(fields).map(([field, value]) => [inSnakeCase(field), value]);
  return { format: FORMAT, time: new Date(at).toISOString(), event: name, ...Object.fromEntries(named) };
}

const inSnakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
