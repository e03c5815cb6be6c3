import { z } from 'zod';
import { DEFAULT_BATCH_TOKENS, type Description } from './description.js';
import { readModelJson } from './model-files.js';
import { tokenTable } from './recipe.js';

/** The descriptor's file name. */
export const DESCRIPTOR = 'holdfast.json';

const token = z.int32().nonnegative();
const residue = z.string().regex(/^[\x21-\x7e]$/, 'a residue is one printable ASCII character');

/** Format 1 of the descriptor; the README says what each field means. Unknown fields are refused: a typo must not pass. */
const descriptor = z
  .strictObject({
    format: z.literal(1),
    name: z.string().min(1),
    alphabet: z.enum(['dna', 'protein']),
    dim: z.int().positive(),
    tokens: z.strictObject({
      type: z.enum(['int32', 'int64']),
      ids: z.record(residue, token),
      other: token,
      padding: token,
      prefix: z.array(token).default([]),
      suffix: z.array(token).default([]),
      minimum: z.int().positive().default(1),
    }),
    inputs: z.strictObject({ ids: z.string().min(1), mask: z.string().min(1).optional() }),
    output: z.strictObject({ name: z.string().min(1), pooling: z.enum(['none', 'mean']) }),
    maxResidues: z.int().positive().optional(),
    batchTokens: z.int().positive().default(DEFAULT_BATCH_TOKENS),
    zeroRowMeaning: z.string().min(1).optional(),
    columns: z.array(z.string()).optional(),
  })
  .refine(({ columns, dim }) => columns === undefined || columns.length === dim, {
    path: ['columns'],
    message: 'there must be as many as dim says',
  });

/** Reads a folder's `holdfast.json`. @throws ModelError `model_bad_json`. */
export async function readDescriptor(folder: string): Promise<Description> {
  const { name, alphabet, dim, tokens, inputs, output, ...rest } = await readModelJson(
    folder,
    DESCRIPTOR,
    descriptor,
  );
  return {
    name,
    alphabet,
    dim,
    maxResidues: rest.maxResidues ?? Number.POSITIVE_INFINITY,
    batchTokens: rest.batchTokens,
    ...(rest.columns === undefined ? {} : { columns: rest.columns }),
    ...(rest.zeroRowMeaning === undefined ? {} : { zeroRowMeaning: rest.zeroRowMeaning }),
    recipe: {
      idType: tokens.type,
      table: tokenTable(new Map(Object.entries(tokens.ids)), tokens.other),
      padding: tokens.padding,
      prefix: tokens.prefix,
      suffix: tokens.suffix,
      minimumTokens: tokens.minimum,
      inputs: { ids: inputs.ids, ...(inputs.mask === undefined ? {} : { mask: inputs.mask }) },
      output,
    },
  };
}
