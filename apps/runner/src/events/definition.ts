import { POISON_KINDS } from '@holdfast/coordinator';
import * as z from '@holdfast/schema';

/** An event: its name on a line, what it means, and its fields. A name may have two definitions. */
export interface EventDefinition {
  event: string;
  meaning: string;
  fields: z.ZodRawShape;
}

// Fields that several events have.

const whole = z.int().nonnegative();
export const text = (says: string) => z.string().describe(says);
export const count = (says: string) => whole.describe(says);
export const number = (says: string) => z.number().nonnegative().describe(says);
/** Null until it is known. */
export const unknownAtFirst = (says: string) => z.number().nonnegative().nullable().describe(says);
export const slot = count("the worker's slot, from 0");
export const shard = count("the shard's number, from 0");
export const shardOrNone = whole.nullable().describe('the shard; null if the worker has none');
export const batch = count("the batch's number in the plan");
export const reason = text('why, as a sentence');
export const message = text('what happened, as a sentence');
export const attempt = count('which attempt it is, from 1');
export const device = text('such as `cpu` or `cuda:0`');
export const model = text("the model's name");
export const precision = text('the lower precision');
export const limitSeconds = number('seconds without progress after which it is given up');
export const kind = z
  .enum(['spot_preemption', 'oom', 'poison_input', 'transient'])
  .describe('the kind of failure');
export const poisonKind = z.enum(POISON_KINDS).describe('why the sequence has no row');
export const signal = z.string().describe('the name of the signal');

/** What batches cost. */
export const padding = {
  tokens: count('tokens of all sequences'),
  padded_tokens: count('tokens of all batches, each padded to its longest sequence'),
  padding_share: z.number().min(0).max(1).describe('the share of `padded_tokens` that is padding'),
  tokens_at_most: z
    .literal(true)
    .optional()
    .describe('there if a token may be several residues: both counts are then upper bounds'),
};

/** The figures of a plan. */
export const planFigures = {
  sequences_done: count('sequences that are done, according to the manifest'),
  sequences: count('sequences of the input'),
  copies: count('those with the residues of an earlier one, which are not computed again'),
  residues: count('their residues'),
  batches: count('batches of the plan'),
  shards: count('shards of the plan'),
  workers: count('worker processes; 0 if nothing is left to embed'),
  device,
  ...padding,
};
