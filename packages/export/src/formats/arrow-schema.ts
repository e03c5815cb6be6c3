import {
  Bool,
  Field,
  FixedSizeList,
  Float16,
  Float32,
  Int64,
  RecordBatchStreamWriter,
  Schema,
  Utf8,
} from 'apache-arrow';
import type { ExportSource } from '../export-source.js';
import { columnsOf } from '../table.js';

const TYPES = { text: new Utf8(), integer: new Int64(), flag: new Bool() } as const;

/** What of a source the columns depend on. */
type Described = Pick<ExportSource, 'dim' | 'dtype' | 'lines' | 'facts'>;

/** The columns in Arrow's words: `id`, those of `sequences.tsv`, and `embedding`, a list of `dim` float32 or float16. */
export function arrowSchema(source: Described): Schema {
  const number = source.dtype === 'float16' ? new Float16() : new Float32();
  return new Schema(
    [
      new Field('id', TYPES.text, false),
      ...columnsOf(source).map(({ name, kind, nullable }) => new Field(name, TYPES[kind], nullable)),
      new Field(
        'embedding',
        new FixedSizeList(source.dim, new Field<Float16 | Float32>('element', number, false)),
        false,
      ),
    ],
    new Map([['holdfast', JSON.stringify(source.facts)]]),
  );
}

/** Bytes that end a stream. */
const END = 8;

/** The schema as text, for Parquet's `ARROW:schema`: a reader of Arrow then knows that all lists have the same size. */
export function arrowSchemaText(source: Described): string {
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, arrowSchema(source));
  writer.finish();
  return Buffer.from(writer.toUint8Array(true).subarray(0, -END)).toString('base64');
}
