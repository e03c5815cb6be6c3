import type { Sink } from '@holdfast/pt-serializer';
import {
  AsyncByteQueue,
  Bool,
  type Data,
  Float16,
  Float32,
  Int64,
  makeData,
  RecordBatch,
  RecordBatchFileWriter,
  Struct,
  Utf8,
} from 'apache-arrow';
import type { ExportSource } from '../export-source.js';
import { type Batch, batches, columnsOf, numberIn, type TableColumn } from '../table.js';
import { arrowSchema } from './arrow-schema.js';

/** About this many bytes of numbers make a batch. */
const BATCH_BYTES = 4 << 20;

/** Keeps what the writer writes until it is taken: the library's own queue waits for nobody. */
class Outbox extends AsyncByteQueue {
  #parts: Uint8Array[] = [];

  override write(part: Uint8Array): void {
    if (part.byteLength > 0) this.#parts.push(part);
  }

  async drain(sink: Sink): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    for (const part of parts) await sink.write(part);
  }
}

/** Arrow's file format (Feather 2), uncompressed, so a reader can map it: the columns of the Parquet file, in batches. */
export async function writeArrow(sink: Sink, source: ExportSource): Promise<void> {
  const columns = columnsOf(source);
  const schema = arrowSchema(source);
  const outbox = new Outbox();
  const writer = new RecordBatchFileWriter();
  writer.reset(outbox, schema);
  const rows = Math.max(1, Math.floor(BATCH_BYTES / (4 * Math.max(1, source.dim))));
  for await (const batch of batches(source, rows)) {
    const children = [
      texts(batch.ids),
      ...columns.map((column) => columnData(batch, column)),
      vectors(batch),
    ];
    const data = makeData({ type: new Struct(schema.fields), length: batch.rows, nullCount: 0, children });
    writer.write(new RecordBatch(schema, data));
    await outbox.drain(sink);
  }
  writer.finish();
  await outbox.drain(sink);

  function vectors({ rows: length, dtype, bytes, data }: Batch): Data {
    const { type } = schema.fields.at(-1)!;
    const child =
      dtype === 'float16'
        ? makeData({ type: new Float16(), length: bytes.length / 2, nullCount: 0, data: halves(bytes) })
        : makeData({ type: new Float32(), length: data.length, nullCount: 0, data });
    return makeData({ type, length, nullCount: 0, child });
  }
}

const halves = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  new Uint16Array(buffer, byteOffset, byteLength / 2);

function columnData({ rows: length, lines }: Batch, column: TableColumn): Data {
  if (column.kind === 'text') return texts(lines.map((line) => line[column.name]));
  const values = lines.map((line) => numberIn(line, column));
  const nullCount = values.reduce<number>((count, value) => count + Number(value === null), 0);
  const nullBitmap = nullCount === 0 ? null : bits(values.map((value) => value !== null));
  if (column.kind === 'flag')
    return makeData({
      type: new Bool(),
      length,
      nullCount,
      nullBitmap,
      data: bits(values.map((value) => value === 1)),
    });
  const data = BigInt64Array.from(values, (value) => BigInt(value ?? 0));
  return makeData({ type: new Int64(), length, nullCount, nullBitmap, data });
}

function texts(values: readonly string[]): Data<Utf8> {
  const parts = values.map((value) => Buffer.from(value));
  const valueOffsets = new Int32Array(values.length + 1);
  for (const [at, { length }] of parts.entries()) valueOffsets[at + 1] = valueOffsets[at]! + length;
  return makeData({
    type: new Utf8(),
    length: values.length,
    nullCount: 0,
    valueOffsets,
    data: Buffer.concat(parts),
  });
}

/** One bit a value, the lowest first. */
function bits(values: readonly boolean[]): Uint8Array {
  const packed = new Uint8Array(Math.ceil(values.length / 8));
  for (const [at, value] of values.entries()) if (value) packed[at >> 3]! |= 1 << (at & 7);
  return packed;
}
