import type { DType } from '@holdfast/pt-serializer';
import type { Result, RowReader, SequenceLine } from '@holdfast/result';
import { rowIds, sequenceLines } from '@holdfast/result';
import { settingsFacts } from '@holdfast/run-folder';
import { storedFacts } from './stored-facts.js';

/** Rows that lie one behind the other. */
export interface Block {
  /** The first row's number. */
  first: number;
  /** How many rows these are. */
  rows: number;
  /** Row-major [rows, dim]. */
  data: Float32Array;
}

/** What is exported: a matrix, the ID of each row, and what is known of them. All of it is streamed. */
export interface ExportSource {
  rows: number;
  /** Numbers in a row. */
  dim: number;
  /** How the numbers are stored; `blocks` gives float32 in any case. */
  dtype: DType;
  /** Names of the columns, if the model has them. */
  columns: readonly string[] | null;
  /** How the rows were computed, as the file of embeddings says it. */
  facts: Readonly<Record<string, string>>;
  /** The model's name, that of Hugging Face if it is from there; empty if it is not known. */
  model: string;
  /** @param rows in a block. Default: about 4 MiB of them. */
  blocks(rows?: number): AsyncIterable<Block>;
  /** The IDs in the rows' order, in lists. */
  ids(): AsyncIterable<string[]>;
  /** The lines of `sequences.tsv` in the rows' order, in lists; null if the run has none. */
  lines: (() => AsyncIterable<SequenceLine[]>) | null;
}

/** The rows of a result, to be exported. @param matrix of the result, which the caller closes. */
export async function exportSource(result: Result, matrix: RowReader): Promise<ExportSource> {
  const { record, ids, sequences } = result;
  const { provenance } = record;
  const stored = await storedFacts(matrix.path, result.format);
  // A .npy has no room for them. What result.json says gives the same, except for the columns' names.
  const facts = stored?.facts ?? {
    ...(provenance && { model: provenance.model.name, model_sha256: provenance.model.fingerprint }),
    row_ids: 'ids.txt',
    ...(provenance && settingsFacts(provenance)),
  };
  const columns = stored?.columns?.length === matrix.dim ? stored.columns : null;
  return {
    rows: matrix.rows,
    dim: matrix.dim,
    dtype: matrix.dtype,
    columns,
    facts,
    model: provenance?.model.hub?.id ?? provenance?.model.name ?? facts['model'] ?? '',
    blocks: (rows) => matrix.blocks(rows),
    ids: () => rowIds(ids),
    lines: sequences === null ? null : () => sequenceLines(sequences),
  };
}

/**
 * Some rows of a source, in the order that is asked for.
 *
 * @param chosen each row's number and ID.
 */
export function someRows(
  source: ExportSource,
  matrix: Pick<RowReader, 'read'>,
  chosen: readonly (readonly [id: string, row: number])[],
): ExportSource {
  // The rows are no longer those of ids.txt.
  const { row_ids: _, ...facts } = source.facts;
  return {
    ...source,
    facts,
    rows: chosen.length,
    lines: null,
    async *ids() {
      yield chosen.map(([id]) => id);
    },
    async *blocks(rows = Math.max(1, Math.floor((1 << 20) / Math.max(1, source.dim)))) {
      for (let first = 0; first < chosen.length; first += rows) {
        const part = chosen.slice(first, first + rows);
        const data = new Float32Array(part.length * source.dim);
        for (const [at, [, row]] of part.entries())
          data.set(await matrix.read(row, row + 1), at * source.dim);
        yield { first, rows: part.length, data };
      }
    },
  };
}
