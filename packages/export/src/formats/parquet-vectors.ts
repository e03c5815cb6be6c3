import type { ColumnChunk, SchemaElement } from 'hyparquet';
import type { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import type { Batch } from '../table.js';

/** A list of numbers in each row, as Parquet spells it; none is null. */
export const VECTOR_SCHEMA: readonly SchemaElement[] = [
  {
    name: 'embedding',
    repetition_type: 'REQUIRED',
    num_children: 1,
    converted_type: 'LIST',
    logical_type: { type: 'LIST' },
  },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: 'REQUIRED', type: 'FLOAT' },
];

/** About this many bytes of numbers make a page. */
const PAGE_BYTES = 1 << 20;

/** Writes the column of numbers: pages of whole rows, plain and uncompressed, since such numbers hardly compress. */
export class VectorColumn {
  readonly rowsOfPage: number;
  readonly #dim: number;
  /** The repetition levels of one row: a 0 that begins the list, then ones. */
  readonly #levels: Uint8Array;
  #start = 0;
  #pages = 0;
  #values = 0;
  #first = true;

  constructor(dim: number) {
    this.#dim = dim;
    this.rowsOfPage = Math.max(1, Math.floor(PAGE_BYTES / (4 * Math.max(1, dim))));
    this.#levels = Uint8Array.from([...run(1, 0), ...(dim > 1 ? run(dim - 1, 1) : [])]);
  }

  /** Appends a page with the rows. */
  page(writer: ByteWriter, { rows, data }: Pick<Batch, 'rows' | 'data'>): void {
    if (this.#first) {
      this.#start = writer.offset;
      this.#first = false;
    }
    const values = rows * this.#dim;
    const repetition = new Uint8Array(rows * this.#levels.length);
    for (let row = 0; row < rows; row++) repetition.set(this.#levels, row * this.#levels.length);
    const definition = Uint8Array.from(run(values, 1));
    const length = repetition.length + definition.length + values * 4;
    writePageHeader(writer, {
      type: 'DATA_PAGE_V2',
      uncompressed_page_size: length,
      compressed_page_size: length,
      data_page_header_v2: {
        num_values: values,
        num_nulls: 0,
        num_rows: rows,
        encoding: 'PLAIN',
        definition_levels_byte_length: definition.length,
        repetition_levels_byte_length: repetition.length,
        is_compressed: false,
      },
    });
    writer.appendBytes(repetition);
    writer.appendBytes(definition);
    writer.appendBytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#pages++;
    this.#values += values;
  }

  /** Ends the row group's part of the column. @param end offset behind its last page. */
  end(end: number): ColumnChunk {
    const bytes = BigInt(end - this.#start);
    const chunk: ColumnChunk = {
      file_offset: BigInt(this.#start),
      meta_data: {
        type: 'FLOAT',
        encodings: ['PLAIN', 'RLE'],
        path_in_schema: VECTOR_SCHEMA.map(({ name }) => name),
        codec: 'UNCOMPRESSED',
        num_values: BigInt(this.#values),
        total_compressed_size: bytes,
        total_uncompressed_size: bytes,
        data_page_offset: BigInt(this.#start),
        encoding_stats: [{ page_type: 'DATA_PAGE_V2', encoding: 'PLAIN', count: this.#pages }],
      },
    };
    this.#first = true;
    this.#pages = 0;
    this.#values = 0;
    return chunk;
  }
}

/** A run of one level in Parquet's run-length encoding: twice the count in seven bits a byte, then the level. */
function run(count: number, level: number): number[] {
  const bytes: number[] = [];
  let rest = count * 2;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest, level];
}
