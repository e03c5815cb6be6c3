import { type EmbeddingModel, type NonFiniteRow, nonFiniteRows } from '@holdfast/gpu-runtime';
import { NonFiniteRowsError } from './non-finite-rows-error.js';

/** The rows of one model call, row-major, and the indexes of those that lost tokens. */
export interface Embedded {
  rows: Float32Array;
  truncated: readonly number[];
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
  const rows = await model.embed(group === undefined ? residues : group.map((row) => residues[row]!), {
    ...(windowTokens !== undefined && Number.isFinite(windowTokens) ? { windowTokens } : {}),
    onTruncated: (at) => truncated.push(at),
    onProgress,
  });
  return { rows, truncated };
}

/** Which sequence is in a row of a batch. */
export type Identify = (batch: number, row: number) => Promise<{ ordinal: number; id: string }>;

/** Refuses rows with NaN or Inf. @param group rows of the batch that were embedded. @throws NonFiniteRowsError */
export async function requireFinite(
  { rows }: Embedded,
  {
    model,
    batch,
    group,
    identify,
  }: { model: EmbeddingModel; batch: number; group?: readonly number[]; identify: Identify },
): Promise<void> {
  const faults = nonFiniteRows(rows, model.source.dim);
  if (faults.length > 0) throw await nonFiniteError(faults, { model, batch, group, identify });
}

async function nonFiniteError(
  faults: readonly NonFiniteRow[],
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
  return new NonFiniteRowsError(model.source.name, batch, sequences);
}
