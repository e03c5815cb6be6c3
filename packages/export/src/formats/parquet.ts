import type { Sink } from '@holdfast/pt-serializer';
import type { SequenceLine } from '@holdfast/result';
import type { SchemaElement } from 'hyparquet';
import { type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import type { ExportSource } from '../export-source.js';
import { type Batch, batches, columnsOf, numberIn, type TableColumn } from '../table.js';
import { arrowSchemaText } from './arrow-schema.js';
import { PageBuffer } from './parquet-buffer.js';
import { VECTOR_SCHEMA, VectorColumn } from './parquet-vectors.js';

/** Rows of a row group: what a reader skips or takes as one. */
const GROUP = 25_000;

/**
 * Parquet: `id`, the columns of `sequences.tsv`, and `embedding`, a list of `dim` numbers (a fixed-size list where ARROW:schema is
 * read). hyparquet-writer writes everything but the pages of the numbers: it takes each number as an object of its own, while here they
 * pass through as they are.
 */
export async function writeParquet(sink: Sink, source: ExportSource): Promise<void> {
  const columns = columnsOf(source);
  const buffer = new PageBuffer();
  const writer = new ParquetWriter({
    writer: buffer,
    schema: schemaOf(columns),
    // A file tells what made it by its metadata, not by a version: equal results give equal bytes.
    createdBy: 'holdfast',
    kvMetadata: [
      { key: 'ARROW:schema', value: arrowSchemaText(source) },
      { key: 'holdfast', value: JSON.stringify(source.facts) },
    ],
  });
  const vectors = new VectorColumn(source.dim);
  const step = Math.min(GROUP, vectors.rowsOfPage);
  /** What the other columns are made of; the numbers of the group are written by then. */
  let told: Pick<Batch, 'ids' | 'lines'>[] = [];
  let rows = 0;
  const endGroup = () => {
    const chunk = vectors.end(buffer.offset);
    writer.write({ columnData: scalars(told, columns), rowGroupSize: rows });
    const group = writer.row_groups.at(-1)!;
    group.columns.push(chunk);
    group.total_byte_size += chunk.meta_data!.total_uncompressed_size;
    group.total_compressed_size! += chunk.meta_data!.total_compressed_size;
    told = [];
    rows = 0;
  };
  for await (const batch of batches(source, step)) {
    vectors.page(buffer, batch);
    await buffer.drain(sink);
    told.push({ ids: batch.ids, lines: batch.lines });
    rows += batch.rows;
    if (rows + step > GROUP) endGroup();
  }
  if (rows > 0) endGroup();
  writer.finish();
  await buffer.drain(sink);
}

/** The columns beside the numbers, whole for a row group. */
function scalars(
  told: readonly Pick<Batch, 'ids' | 'lines'>[],
  columns: readonly TableColumn[],
): ColumnSource[] {
  const lines = told.flatMap((each) => each.lines);
  const cell = (line: SequenceLine, column: TableColumn) => {
    if (column.kind === 'text') return line[column.name];
    const number = numberIn(line, column);
    if (number === null) return null;
    return column.kind === 'flag' ? number === 1 : BigInt(number);
  };
  return [
    { name: 'id', data: told.flatMap((each) => each.ids) },
    ...columns.map((column) => ({ name: column.name, data: lines.map((line) => cell(line, column)) })),
  ];
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const;
const ELEMENT = { text: TEXT, integer: { type: 'INT64' }, flag: { type: 'BOOLEAN' } } as const;

function schemaOf(columns: readonly TableColumn[]): SchemaElement[] {
  const required = 'REQUIRED' as const;
  return [
    { name: 'holdfast', num_children: columns.length + 2 },
    { name: 'id', repetition_type: required, ...TEXT },
    ...columns.map(({ name, kind, nullable }) => ({
      name,
      repetition_type: nullable ? ('OPTIONAL' as const) : required,
      ...ELEMENT[kind],
    })),
    ...VECTOR_SCHEMA,
  ];
}
