import { letterCountsSchema } from '@holdfast/plan';
import { z } from 'zod';
import {
  count,
  device,
  type EventDefinition,
  limitSeconds,
  message,
  model,
  number,
  padding,
  precision,
  reason,
  shard,
  text,
  unknownAtFirst,
} from './definition.js';

/** The events of a run itself, in the order in which they come. */
export const RUN_EVENTS: readonly EventDefinition[] = [
  {
    event: 'settings',
    meaning: 'options that the command line did not give, but a variable or a file',
    fields: {
      settings: z
        .array(
          z.strictObject({
            option: text('such as `--model`'),
            value: text('as it was given'),
            from: text('the variable, or the file'),
          }),
        )
        .describe('all of them'),
    },
  },
  {
    event: 'indexing',
    meaning: 'reads the input; counts so far',
    fields: {
      file: text('the input that is being read'),
      bytes: count('bytes read, of all inputs'),
      sequences: count('sequences read'),
      residues: count('residues read'),
    },
  },
  {
    event: 'downloading',
    meaning: 'a model is being downloaded',
    fields: {
      model,
      bytes: count('bytes that are there'),
      total_bytes: count('bytes of the whole model'),
      bytes_per_second: unknownAtFirst('the recent speed; null until it is known'),
      seconds_left: unknownAtFirst('an estimate; null until it is known'),
    },
  },
  {
    event: 'downloaded',
    meaning: 'a model is in the cache of Hugging Face',
    fields: { model, folder: text('where it is'), bytes: count('its size') },
  },
  {
    event: 'trying_model',
    meaning: 'a helper process tests the model',
    fields: { model, device, limit_seconds: limitSeconds },
  },
  {
    event: 'model_passed_before',
    meaning: 'the model passed this test earlier, so it is not tested again',
    fields: { model, device, passed_at: z.iso.datetime().describe('when; ISO 8601 in UTC') },
  },
  {
    event: 'trying_device',
    meaning: 'a helper process tests a device',
    fields: { device, limit_seconds: limitSeconds },
  },
  {
    event: 'calibrating',
    meaning: 'measures how many tokens suit a batch',
    fields: { device },
  },
  {
    event: 'calibrated',
    meaning: 'the number of tokens of a batch is chosen',
    fields: {
      device,
      batch_tokens: count('the token budget of a batch'),
      reason: z.enum(['gain', 'memory', 'time', 'most']).describe('why no larger size was measured'),
      measured: z
        .array(
          z.strictObject({
            tokens: count('tokens of the batch'),
            tokens_per_second: unknownAtFirst('null if memory ran out'),
          }),
        )
        .describe('what was measured'),
    },
  },
  {
    event: 'comparing_precision',
    meaning: 'compares rows in a lower precision with fp32',
    fields: { precision, sequences: count('sequences that are compared') },
  },
  {
    event: 'precision_compared',
    meaning: 'how near they are',
    fields: {
      precision,
      sequences: count('sequences that were compared'),
      cosine_median: z.number().describe('of the rows of a sequence in the two precisions'),
      cosine_worst: z.number().describe('the smallest'),
    },
  },
  {
    event: 'planned',
    meaning: 'the plan is ready',
    fields: {
      resumed: z.boolean().describe('whether an earlier command began the run'),
      sequences_done: count('sequences that are done, according to the manifest'),
      sequences: count('sequences of the input'),
      copies: count('those with the residues of an earlier one, which are not computed again'),
      residues: count('their residues'),
      batches: count('batches of the plan'),
      shards: count('shards of the plan'),
      workers: count('worker processes; 0 if nothing is left to embed'),
      device,
      ...padding,
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
      skipped: count('records of the input that were left out; absent if there are none').optional(),
      skipped_table: text('the file that lists them').optional(),
      dim: count('numbers in a row'),
      embeddings: text('the file of the embeddings'),
      ids: text('the file of the IDs'),
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
