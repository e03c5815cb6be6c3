import * as z from '@holdfast/schema';
import { count, type EventDefinition, model, number, planFigures, text } from './definition.js';

const lengths = z
  .strictObject({
    shortest: count('residues of the shortest'),
    longest: count('residues of the longest'),
    mean: number('residues on average'),
    histogram: z
      .array(
        z.strictObject({
          from: count('the fewest residues'),
          to: count('the most residues'),
          sequences: count('sequences with so many residues'),
        }),
      )
      .describe('from the shortest to the longest'),
  })
  .describe('the lengths of the sequences, copies included');

/** What `--dry-run` reports. */
export const DRY_RUN_EVENTS: readonly EventDefinition[] = [
  {
    event: 'dry_run',
    meaning: 'with `--dry-run`: what the command would do; the figures of its plan are those of `planned`',
    fields: {
      resumed: z.boolean().describe('whether an earlier command began the run'),
      ...planFigures,
      reattempts: z
        .literal(true)
        .optional()
        .describe('there if the result is complete but for quarantined sequences, which are tried again'),
      truncated: count('sequences with more residues than the model reads'),
      batch_tokens: count('the token budget of a batch'),
      threads: count('CPU threads of a worker; 0 if nothing is left to embed'),
      lengths,
      checkpoint_bytes: count('bytes of the checkpoints that are still to be written'),
      result_bytes: count('bytes of the result, and of what is kept while it is written'),
      index_bytes: count('bytes of the index; 0 if it is there'),
      disks: z
        .array(
          z.strictObject({
            folder: text('a folder of the run on the disk'),
            need_bytes: count('bytes that the run still writes there'),
            free_bytes: z.number().nonnegative().nullable().describe('null if the system does not say'),
            verdict: z
              .enum(['enough', 'close', 'short'])
              .describe('`short`: the run would refuse to begin; `close`: it would warn'),
          }),
        )
        .describe('each disk that the run writes to'),
      worker_memory_bytes: count(
        'the most memory that a measured worker held; if `estimate` is null, reckoned from the size of the model',
      ),
      free_memory_bytes: count('memory that is free now'),
      estimate: z
        .strictObject({
          seconds: number('until everything is embedded'),
          load_seconds: number('of them until the models are loaded'),
          tokens_per_second: number('of all workers together, padding included'),
          batches_measured: count('batches that this is reckoned from'),
        })
        .nullable()
        .describe('an estimate; null if nothing is left to embed, or nothing could be measured'),
    },
  },
  {
    event: 'model_missing',
    meaning: 'with `--dry-run`: the command would download the model; `input_counted` follows',
    fields: { model, bytes: z.number().nonnegative().nullable().describe('its size; null if not known') },
  },
  {
    event: 'input_counted',
    meaning: 'with `--dry-run`: what is known of the input without the model',
    fields: {
      sequences: count('sequences of the input'),
      copies: count('those with the residues of an earlier one'),
      residues: count('their residues'),
      lengths,
    },
  },
];
