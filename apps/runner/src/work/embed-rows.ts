import type { EmbeddingModel, TokenValues } from '@holdfast/gpu-runtime';
import { NonFiniteRowsError } from './non-finite-rows-error.js';
import { type UnfitRow, unfitRows } from './unfit-rows.js';

/** The rows of one model call, row-major, and the indexes of those that lost tokens. */
export interface Embedded {
  rows: Float32Array;
  truncated: readonly number[];
  /** For each row, if the model gives numbers of tokens. */
  values?: readonly TokenValues[];
}

export interface EmbedRowsOptions {
  /** Rows of the batch to embed; all of them by default. */
  group?: readonly number[];
  /** Tokens of a call that embeds windows; absent or infinite: as planned. */
  windowTokens?: number;
  /** Called after each run of the model's graph. */
  onProgress(): Promise<void>;
}

/** One model call: a batch, or some rows of it. @throws InferenceError */
export async function embedRows(
  model: EmbeddingModel,
  residues: readonly Uint8Array[],
  { group, windowTokens, onProgress }: EmbedRowsOptions,
): Promise<Embedded> {
  const truncated: number[] = [];
  const values: TokenValues[] = [];
  const rows = await model.embed(group === undefined ? residues : group.map((row) => residues[row]!), {
    ...(windowTokens !== undefined && Number.isFinite(windowTokens) ? { windowTokens } : {}),
    onTruncated: (at) => truncated.push(at),
    onValues: (at, each) => {
      values[at] = each;
    },
    onProgress,
  });
  return { rows, truncated, ...(values.length > 0 && { values }) };
}

/** Which sequence is in a row of a batch. */
export type Identify = (batch: number, row: number) => Promise<{ ordinal: number; id: string }>;

/** Refuses rows with numbers that cannot be kept, such as NaN. @param group rows of the batch that were embedded. @throws NonFiniteRowsError */
export async function requireFinite(
  embedded: Embedded,
  {
    model,
    batch,
    group,
    identify,
  }: { model: EmbeddingModel; batch: number; group?: readonly number[]; identify: Identify },
): Promise<void> {
  const faults = unfitRows(embedded, model.source);
  if (faults.length > 0) throw await nonFiniteError(faults, { model, batch, group, identify });
}

async function nonFiniteError(
  faults: readonly UnfitRow[],
  {
    model,
    batch,
    group,
    identify,
  }: { model: EmbeddingModel; batch: number; group: readonly number[] | undefined; identify: Identify },
): Promise<NonFiniteRowsError> {
  const sequences = [];
  for (const { row: at, ...fault } of faults) {
    const row = group?.[at] ?? at;
    sequences.push({ row, ...(await identify(batch, row)), ...fault });
  }
  return new NonFiniteRowsError(model.source, batch, sequences);
}
