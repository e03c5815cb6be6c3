import {
  type ModelSource,
  ownDim,
  POOLINGS,
  STORED_TYPES,
  type StoredType,
  valueCounts,
} from '@holdfast/gpu-runtime';
import * as z from '@holdfast/schema';

const dim = z.number().int().positive();

/** What a run computes beside the usual rows in float32, as `run.json` has it. */
export const runOutputsSchema = z.object({
  /** Numbers in a row of the embeddings. */
  dim,
  /** How numbers are stored; absent: float32. */
  dtype: z.enum(STORED_TYPES).exactOptional(),
  /** Rows beside the embeddings; in checkpoints they follow them in the same row. */
  rows: z
    .array(z.object({ name: z.string(), dim, layer: z.string(), pooling: z.enum(POOLINGS) }))
    .exactOptional(),
  /** Numbers of each token. */
  tokens: z.array(z.object({ name: z.string(), dim, layer: z.string() })).exactOptional(),
  /** A number for each pair of tokens. */
  pairs: z.array(z.object({ name: z.string(), layer: z.string() })).exactOptional(),
});

export type RunOutputs = z.infer<typeof runOutputsSchema>;

/** What a model computes beside the usual rows in float32; undefined: nothing. */
export function outputsOf({
  dim,
  dtype,
  recipe: { more },
}: Pick<ModelSource, 'dim' | 'dtype' | 'recipe'>): RunOutputs | undefined {
  if (more === undefined && dtype === undefined) return undefined;
  const { rows, tokens, pairs } = more ?? {};
  return {
    dim: ownDim(dim, more),
    ...(dtype && { dtype }),
    ...(rows && { rows: rows.map(({ name, dim, of: layer, pooling }) => ({ name, dim, layer, pooling })) }),
    ...(tokens && { tokens: tokens.map(({ name, dim, of: layer }) => ({ name, dim, layer })) }),
    ...(pairs && { pairs: pairs.map(({ name, of: layer }) => ({ name, layer })) }),
  };
}

/** Numbers in a row of a checkpoint. */
export const rowWidth = ({ dim, rows = [] }: RunOutputs): number =>
  rows.reduce((sum, each) => sum + each.dim, dim);

/** How numbers are stored. */
export const storedTypeOf = (outputs: RunOutputs | undefined): StoredType => outputs?.dtype ?? 'float32';

/** Whether there are numbers of tokens or of pairs of tokens. */
export const hasValues = ({ tokens = [], pairs = [] }: RunOutputs): boolean =>
  tokens.length + pairs.length > 0;

/** A matrix of one row for each sequence in the result. */
export interface RowFile {
  /** Null: the embeddings. */
  name: string | null;
  /** Its first column in the rows of the checkpoints. */
  first: number;
  dim: number;
  /** How it was made, if it is not the embeddings. */
  facts: { layer: string; pooling: string } | null;
}

/** The matrices of a result, the embeddings first. @param dim numbers in a row of a checkpoint. */
export function rowFiles(dim: number, outputs: RunOutputs | undefined): RowFile[] {
  const own = outputs?.dim ?? dim;
  const files: RowFile[] = [{ name: null, first: 0, dim: own, facts: null }];
  let first = own;
  for (const { name, dim: width, layer, pooling } of outputs?.rows ?? []) {
    files.push({ name, first, dim: width, facts: { layer, pooling } });
    first += width;
  }
  return files;
}

/** An output with as many numbers a sequence as it has tokens, or pairs of tokens. */
export interface ValueFile {
  name: string;
  /** Its piece in the values of a checkpoint. */
  piece: number;
  /** Numbers of a token; null if there is one for each pair of tokens. */
  dim: number | null;
  layer: string;
}

/** The outputs of a result with numbers of tokens. */
export const valueFiles = ({ tokens = [], pairs = [] }: RunOutputs): ValueFile[] => [
  ...tokens.map(({ name, dim, layer }, piece) => ({ name, piece, dim, layer })),
  ...pairs.map(({ name, layer }, at) => ({ name, piece: tokens.length + at, dim: null, layer })),
];

/** How many numbers each piece has for a sequence with this many tokens. */
export const pieceCounts = (outputs: RunOutputs, tokens: number): number[] => valueCounts(outputs, tokens);
