import type { Result, RowReader, SequenceLine } from '@holdfast/result';
import { rowIds, sequenceLines } from '@holdfast/result';
import { settingsFacts } from '@holdfast/run-folder';
import { Block } from './block.js';
import { storedFacts } from './stored-facts.js';
import { type StoredType, WIDTH } from './stored-type.js';

/** What is exported: a matrix, the ID of each row, and what is known of them. All of it is streamed. */
export interface ExportSource {
  rows: number;
  /** Numbers in a row. */
  dim: number;
  /** How the numbers of `blocks` are stored. */
  dtype: StoredType;
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

/** Rows of about 4 MiB. @param width bytes of a row. */
const rowsOfBlock = (width: number) => Math.max(1, Math.floor((4 << 20) / Math.max(1, width)));

/** The rows of a result, to be exported. @param matrix of the result, which the caller closes. @param output whose rows these are. */
export async function exportSource(result: Result, matrix: RowReader, output: string): Promise<ExportSource> {
  const { record, ids, sequences } = result;
  const { provenance } = record;
  const own = record.outputs?.rows?.find(({ name }) => name === output);
  const stored = await storedFacts(matrix.path, result.format);
  // A .npy has no room for them. What result.json says gives the same, except for the columns' names.
  const facts = stored?.facts ?? {
    ...(provenance && { model: provenance.model.name, model_sha256: provenance.model.fingerprint }),
    row_ids: 'ids.txt',
    ...(provenance && settingsFacts(provenance)),
    ...(own && { layer: own.layer, pooling: own.pooling }),
  };
  const columns = stored?.columns?.length === matrix.dim ? stored.columns : null;
  return {
    rows: matrix.rows,
    dim: matrix.dim,
    // A result has no other types.
    dtype: matrix.dtype as StoredType,
    columns,
    facts,
    model: provenance?.model.hub?.id ?? provenance?.model.name ?? facts['model'] ?? '',
    async *blocks(rows = rowsOfBlock(matrix.width)) {
      for (let first = 0; first < matrix.rows; first += rows) {
        const end = Math.min(first + rows, matrix.rows);
        yield new Block(first, end - first, matrix.dtype as StoredType, await matrix.bytes(first, end));
      }
    },
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
  matrix: Pick<RowReader, 'bytesAt'>,
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
    async *blocks(rows = rowsOfBlock(source.dim * WIDTH[source.dtype])) {
      for (let first = 0; first < chosen.length; first += rows) {
        const part = chosen.slice(first, first + rows);
        const bytes = await matrix.bytesAt(part.map(([, row]) => row));
        yield new Block(first, part.length, source.dtype, bytes);
      }
    },
  };
}
