import { letterCountsSchema } from '@holdfast/plan';
import * as z from '@holdfast/schema';
import {
  count,
  type EventDefinition,
  message,
  number,
  padding,
  planFigures,
  reason,
  shard,
  text,
  unknownAtFirst,
} from './definition.js';

/** The events of a run itself from its plan on, in the order in which they come. */
export const RUN_EVENTS: readonly EventDefinition[] = [
  {
    event: 'planned',
    meaning: 'the plan is ready',
    fields: {
      resumed: z.boolean().describe('whether an earlier command began the run'),
      ...planFigures,
    },
  },
  {
    event: 'task',
    meaning: 'a task of a run on several machines begins',
    fields: {
      task: text('its name, unique in the run'),
      engine: z.enum(['slurm', 'kubernetes', 'aws_batch', 'by_hand']).describe('what started it'),
      job: z.string().nullable().describe("the engine's own name for its job; null by hand"),
      start: count('how often the engine has started it, from 1'),
      node: text('where it runs'),
    },
  },
  {
    event: 'progress',
    meaning: 'sequences that are done',
    fields: {
      sequences_done: count('in checkpoints or embedded since, quarantined ones included'),
      sequences_total: count('all distinct ones of the input'),
      tokens_per_second: unknownAtFirst('the recent speed, padding included; null until it is known'),
      seconds_left: unknownAtFirst('an estimate; null until it is known'),
    },
  },
  {
    event: 'waiting',
    meaning: 'something else takes long',
    fields: {
      reason,
      seconds: number('seconds so far').optional(),
      limit_seconds: number('seconds after which it is given up').optional(),
    },
  },
  {
    event: 'retrying',
    meaning: 'quarantined sequences are embedded again',
    fields: { sequences: count('how many') },
  },
  {
    event: 'retried',
    meaning: 'how many of them have a row now',
    fields: {
      sequences: count('how many were embedded again'),
      sequences_recovered: count('with a row now'),
    },
  },
  {
    event: 'paused',
    meaning: 'the disk is full, so the run waits for room',
    fields: {
      reason: z.literal('disk_full').describe('why'),
      message: text('the error of the write that met it first'),
      folder: text('a folder on that disk'),
    },
  },
  {
    event: 'continued',
    meaning: 'there is room again, and the run goes on',
    fields: { seconds: number('seconds of the pause') },
  },
  {
    event: 'repair',
    meaning: 'files of a shard were damaged; it is embedded again',
    fields: { shard, reason },
  },
  {
    event: 'warning',
    meaning: 'a warning; `letters` are the counts behind one about letters',
    fields: {
      message,
      letters: letterCountsSchema.partial().optional().describe('counts of letters the model does not know'),
    },
  },
  {
    event: 'assembling',
    meaning: 'the result is being written',
    fields: { file: text('the file of the embeddings') },
  },
  {
    event: 'complete',
    meaning: 'the result is there; `embeddings`, `ids` and `quarantine` are paths',
    fields: {
      already: z.boolean().describe('whether it was complete before this command'),
      sequences: count('rows of the result'),
      quarantined: count('sequences without a row'),
      quarantine: text('the file that lists them; absent if there are none').optional(),
      quarantine_ok: z
        .literal(true)
        .optional()
        .describe('there if the exit code is 0 in spite of them, as --quarantine-ok asks'),
      skipped: count(
        'records of the input, or chunks of them, that give no row; absent if there are none',
      ).optional(),
      skipped_table: text('the file that lists them').optional(),
      dim: count('numbers in a row'),
      full_name: text(
        'how the rows were made, such as `mean.layer_33`; absent if the layers of the model have no numbers',
      ).optional(),
      embeddings: text('the file of the embeddings'),
      ids: text('the file of the IDs'),
      more_outputs: text(
        'the folder of what was computed beside the embeddings; absent if nothing was',
      ).optional(),
      tokens: padding.tokens.optional(),
      padded_tokens: padding.padded_tokens.optional(),
      padding_share: padding.padding_share.optional(),
      tokens_at_most: padding.tokens_at_most,
    },
  },
  {
    event: 'run_failed',
    meaning: 'the run ends without a result; standard error has the same message',
    fields: { exit_code: count('the exit code of the command'), message },
  },
];
