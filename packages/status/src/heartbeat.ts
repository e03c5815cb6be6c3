import { beatObject, isCount, isObject, isText } from './beat-json.js';
import type { WorkerState } from './worker-states.js';

/** What a command is at: `preparing` before it reads its input, `planning` while it reads it, `joining` while it writes the result. */
export type Phase = 'preparing' | 'planning' | 'embedding' | 'joining';

/** `.holdfast-heartbeat`: what a running command does, which no other file of its run says. */
export interface Heartbeat {
  format: 1;
  /** The run's fingerprint, once it is known. */
  run: string | null;
  host: string;
  pid: number;
  /** When the command began, and when it wrote this; ISO 8601. */
  started: string;
  at: string;
  phase: Phase;
  /** The step in words, such as `testing the model m on cpu`; null while it embeds. */
  doing: string | null;
  /** How far the input was read, while it is planned: bytes as stored, over all files. */
  input: { file: string; bytes: number; sequences: number } | null;
  /** Sequences embedded, saved or not yet. Null until they are known. */
  sequences_done: number | null;
  sequences_total: number | null;
  /** Padding included; null until known, as in a `progress` event. */
  tokens_per_second: number | null;
  seconds_left: number | null;
  workers: WorkerState[];
  /**
   * By shard: its sequences, how many of them are embedded, saved or not yet, and how many are saved; quarantined ones count.
   * Null before the plan. Earlier versions lack `saved`.
   */
  shards: { sequences: number[]; done: number[]; saved?: number[] } | null;
  /** Set last, unless the run is complete or the command was killed: why it ended. */
  ended: { at: string; message: string } | null;
}

/**
 * Parses a heartbeat. It is written without a sync, so a power cut may leave anything.
 *
 * @throws Error that says what is wrong with it.
 */
export function parseHeartbeat(text: string): Heartbeat {
  const beat = beatObject(text) as Heartbeat;
  const { shards, ended, input } = beat;
  const whole =
    [beat.host, beat.started, beat.at, beat.phase].every(isText) &&
    [beat.run, beat.doing].every((each) => each === null || isText(each)) &&
    isCount(beat.pid) &&
    [beat.sequences_done, beat.sequences_total, beat.tokens_per_second, beat.seconds_left].every(orNull) &&
    Array.isArray(beat.workers) &&
    beat.workers.every(
      (each) => isObject(each) && isCount(each.slot) && isText(each.state) && isText(each.since),
    ) &&
    (input === null || (isObject(input) && isText(input.file) && isCount(input.sequences))) &&
    (shards === null ||
      (isObject(shards) && [shards.sequences, shards.done, shards.saved ?? []].every(areCounts))) &&
    (ended === null || (isObject(ended) && isText(ended.at) && isText(ended.message)));
  if (!whole) throw new Error('a field is missing or wrong');
  return beat;
}

const orNull = (value: unknown) => value === null || (Number.isFinite(value) && (value as number) >= 0);
const areCounts = (value: unknown) => Array.isArray(value) && value.every(isCount);
