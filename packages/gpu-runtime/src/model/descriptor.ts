import * as z from '@holdfast/schema';
import type { Description } from './description.js';
import { readModelJson } from './model-files.js';
import { type ModelRecipe, POOLINGS, tokenTable } from './recipe.js';

/** The descriptor's file name. */
export const DESCRIPTOR = 'holdfast.json';

/** What happens to a sequence longer than the model reads: it is truncated, or cut into windows. */
export const LONG_SEQUENCES = ['truncate', 'windows'] as const;
export type LongSequences = (typeof LONG_SEQUENCES)[number];

const token = z.int32().nonnegative();
const residue = z.string().regex(/^[\x21-\x7e]$/, 'a residue is one printable ASCII character');

const inputs = z.strictObject({
  ids: z.string().min(1),
  mask: z.string().min(1).optional(),
  types: z.string().min(1).optional(),
});
const output = z.strictObject({ name: z.string().min(1), pooling: z.enum(POOLINGS) });
/** Fields that every descriptor may have. */
const common = {
  format: z.literal(1),
  maxResidues: z.int().positive().optional(),
  batchTokens: z.int().positive().optional(),
  longSequences: z.enum(LONG_SEQUENCES).optional(),
  windowOverlap: z.int().nonnegative().optional(),
  zeroRowMeaning: z.string().min(1).optional(),
  columns: z.array(z.string()).optional(),
};

/**
 * Format 1 of the descriptor; the README documents each field. Unknown fields are refused, to catch typos.
 */
const descriptor = z
  .strictObject({
    ...common,
    name: z.string().min(1),
    alphabet: z.enum(['dna', 'protein']),
    dim: z.int().positive(),
    tokens: z.strictObject({
      type: z.enum(['int32', 'int64']),
      ids: z.record(residue, token),
      other: token,
      fused: z.boolean().default(false),
      padding: token,
      prefix: z.array(token).default([]),
      suffix: z.array(token).default([]),
      minimum: z.int().positive().default(1),
    }),
    inputs,
    output,
    singly: z.boolean().default(false),
  })
  .refine(({ columns, dim }) => columns === undefined || columns.length === dim, {
    path: ['columns'],
    message: 'there must be dim of them',
  });

/** The descriptor in an exported folder: every field is optional, and it has no `tokens`. */
const changes = z.strictObject({
  ...common,
  name: z.string().min(1).optional(),
  alphabet: z.enum(['dna', 'protein']).optional(),
  dim: z.int().positive().optional(),
  inputs: inputs.optional(),
  output: output.partial().optional(),
  maxTokens: z.int().positive().optional(),
});

/** How a descriptor treats long sequences. */
export interface LongReading {
  longSequences?: LongSequences | undefined;
  windowOverlap?: number | undefined;
}

/** Settings that replace those of an exported folder. */
export type ExportChanges = Omit<Parsed, 'inputs' | 'output'> & {
  inputs?: ModelRecipe['inputs'];
  output?: Partial<ModelRecipe['output']>;
};
type Parsed = Partial<Omit<z.infer<typeof changes>, 'format'>>;

/**
 * Whether a folder's `holdfast.json` names tokens. If not, it changes settings of the exported folder.
 *
 * @throws ModelError `model_bad_json`.
 */
export async function namesTokens(folder: string): Promise<boolean> {
  return 'tokens' in (await readModelJson(folder, DESCRIPTOR, z.looseObject({})));
}

/** Reads the `holdfast.json` of an exported folder. @throws ModelError `model_bad_json`. */
export async function readChanges(folder: string): Promise<ExportChanges> {
  const { format: _, inputs, output, ...rest } = await readModelJson(folder, DESCRIPTOR, changes);
  return {
    ...rest,
    ...(inputs === undefined ? {} : { inputs: inputNames(inputs) }),
    ...(output === undefined ? {} : { output: given(output) }),
  };
}

/** Reads a `holdfast.json` that describes the whole model. @throws ModelError `model_bad_json`. */
export async function readDescriptor(folder: string): Promise<Description & LongReading> {
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
    ...(rest.batchTokens === undefined ? {} : { batchTokens: rest.batchTokens }),
    longSequences: rest.longSequences,
    windowOverlap: rest.windowOverlap,
    ...(rest.columns === undefined ? {} : { columns: rest.columns }),
    ...(rest.zeroRowMeaning === undefined ? {} : { zeroRowMeaning: rest.zeroRowMeaning }),
    recipe: {
      idType: tokens.type,
      table: tokenTable(new Map(Object.entries(tokens.ids)), tokens.other),
      ...(tokens.fused ? { fused: tokens.other } : {}),
      padding: tokens.padding,
      prefix: tokens.prefix,
      suffix: tokens.suffix,
      minimumTokens: tokens.minimum,
      inputs: inputNames(inputs),
      output,
      ...(rest.singly ? { singly: true as const } : {}),
    },
  };
}

function inputNames({ ids, mask, types }: z.infer<typeof inputs>): ModelRecipe['inputs'] {
  return { ids, ...(mask === undefined ? {} : { mask }), ...(types === undefined ? {} : { types }) };
}

function given({ name, pooling }: z.infer<typeof changes>['output'] & {}): Partial<ModelRecipe['output']> {
  return { ...(name === undefined ? {} : { name }), ...(pooling === undefined ? {} : { pooling }) };
}
