import * as z from '@holdfast/schema';
import {
  count,
  device,
  type EventDefinition,
  limitSeconds,
  model,
  precision,
  text,
  unknownAtFirst,
} from './definition.js';

/** What happens before a plan is ready, in the order in which it comes. */
export const PREPARING_EVENTS: readonly EventDefinition[] = [
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
    event: 'measuring_speed',
    meaning: 'with `--dry-run`: computes a few batches, to estimate the time',
    fields: { workers: count('processes that do so side by side'), device },
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
];
