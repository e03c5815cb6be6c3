import { beatObject, isCount, isObject, isText } from './beat-json.js';

/** `cluster/tasks/<task>.json`: what one task of a run on several machines does, rewritten every few seconds. */
export interface TaskBeat {
  format: 1;
  /** The run's fingerprint. */
  run: string;
  task: string;
  /** What started it: `slurm`, `kubernetes`, `aws_batch` or `by_hand`. */
  engine: string;
  /** The engine's own name for its job; null by hand. */
  job: string | null;
  /** How often the engine has started it, from 1. */
  start: number;
  node: string;
  pid: number;
  /** When this start began, and when it wrote this; ISO 8601, by the node's clock. */
  started: string;
  at: string;
  /** The step in words; null while it embeds. */
  doing: string | null;
  /**
   * The shards that it is at: their sequences, how many of them are embedded, saved or not yet, and how many are saved;
   * quarantined ones count. Earlier versions lack `saved`.
   */
  shards: { shard: number; sequences: number; done: number; saved?: number }[];
  /** How many shards of this start are complete, out of retries, or another task's now. */
  completed: number;
  failed: number;
  lost: number;
  /** What this start has embedded: sequences, and the same in shards, such as 2.5. Shards are equally much work. */
  sequences: number;
  shards_embedded: number;
  /** Padding included; null until known. */
  tokens_per_second: number | null;
  /** Set last: how it ended. A task that was killed says nothing. */
  ended: { at: string; message: string; exit_code: number } | null;
}

/**
 * Parses a task's beat. It is written without a sync, so a power cut may leave anything.
 *
 * @throws Error that says what is wrong with it.
 */
export function parseTaskBeat(text: string): TaskBeat {
  const beat = beatObject(text) as TaskBeat;
  const { shards, ended, tokens_per_second: speed, shards_embedded: embedded } = beat;
  const whole =
    [beat.run, beat.task, beat.engine, beat.node, beat.started, beat.at].every(isText) &&
    [beat.job, beat.doing].every((each) => each === null || isText(each)) &&
    [beat.start, beat.pid, beat.completed, beat.failed, beat.lost, beat.sequences].every(isCount) &&
    (speed === null || isAmount(speed)) &&
    isAmount(embedded) &&
    Array.isArray(shards) &&
    shards.every(
      (each) => isObject(each) && [each.shard, each.sequences, each.done, each.saved ?? 0].every(isCount),
    ) &&
    (ended === null ||
      (isObject(ended) && isText(ended.at) && isText(ended.message) && isCount(ended.exit_code)));
  if (!whole) throw new Error('a field is missing or wrong');
  return beat;
}

const isAmount = (value: unknown) => Number.isFinite(value) && (value as number) >= 0;
