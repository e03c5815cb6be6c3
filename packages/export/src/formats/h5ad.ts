import type { Sink } from '@holdfast/pt-serializer';
import type { ExportSource } from '../export-source.js';
import { Texts, writeList, writeMatrix, writeTexts } from '../hdf5/arrays.js';
import { Names } from '../hdf5/group.js';
import { type Attribute, datasetHeader } from '../hdf5/object-header.js';
import { type Out, writeHdf5 } from '../hdf5/out.js';
import { writeStrings } from '../hdf5/strings.js';
import { textAttributes } from '../hdf5/text-attributes.js';
import { FLOAT64, INT64, TEXT } from '../hdf5/types.js';
import { columnsOf, numberIn, type TableColumn } from '../table.js';

/** What an element of AnnData's file says of itself. */
const ARRAY = { 'encoding-type': 'array', 'encoding-version': '0.2.0' };
const TEXTS = { 'encoding-type': 'string-array', 'encoding-version': '0.2.0' };
const DATAFRAME = { 'encoding-type': 'dataframe', 'encoding-version': '0.2.0' };
const DICT = { 'encoding-type': 'dict', 'encoding-version': '0.1.0' };
const STRING = { 'encoding-type': 'string', 'encoding-version': '0.2.0' };
const ANNDATA = { 'encoding-type': 'anndata', 'encoding-version': '0.1.0' };

/**
 * AnnData's file: the rows are `X` (float32), their IDs the names of the observations, the columns of `sequences.tsv` are in `obs`, the
 * names of the numbers in `var`, and how the rows were computed in `uns`.
 */
export async function writeH5ad(sink: Sink, source: ExportSource): Promise<void> {
  const { dim, facts } = source;
  await writeHdf5(sink, async (out) => {
    const root = new Names();
    root.add('X', await writeMatrix(out, source, await textAttributes(out, ARRAY)));
    root.add('obs', await writeObservations(out, source));
    root.add('uns', await writeFacts(out, facts));
    const names = source.columns ?? Array.from({ length: dim }, (_, at) => `${at}`);
    root.add('var', await writeVariables(out, names));
    return root.write(out, await textAttributes(out, ANNDATA));
  });
}

async function writeObservations(out: Out, source: ExportSource): Promise<number> {
  const { rows } = source;
  const columns = columnsOf(source).map((column) => ({ column, values: valuesOf(column, rows) }));
  const names = new Names();
  names.add('id', await writeTexts(out, rows, source.ids(), await textAttributes(out, TEXTS)));
  let row = 0;
  for await (const lines of source.lines?.() ?? []) {
    for (const { column, values } of columns)
      if (values instanceof Texts)
        await values.add(
          out,
          lines.map((line) => line[column.name]),
        );
      else if (!out.measures)
        for (const [at, line] of lines.entries()) put(values, row + at, numberIn(line, column));
    row += lines.length;
  }
  for (const { column, values } of columns)
    names.add(
      column.name,
      values instanceof Texts
        ? await values.end(out, await textAttributes(out, TEXTS))
        : await writeNumbers(out, values),
    );
  const order = columns.map(({ column }) => column.name);
  return names.write(out, await frame(out, order, 'id'));
}

/** The values of a column. A number that some sequences lack is a float, with NaN there; a flag is `yes`, `no` or nothing. */
const valuesOf = ({ kind, nullable }: TableColumn, rows: number): Texts | Float64Array | BigInt64Array =>
  kind !== 'integer' ? new Texts(rows) : nullable ? new Float64Array(rows) : new BigInt64Array(rows);

function put(values: Float64Array | BigInt64Array, at: number, number: number | null): void {
  if (values instanceof Float64Array) values[at] = number ?? Number.NaN;
  else values[at] = BigInt(number ?? 0);
}

async function writeNumbers(out: Out, values: Float64Array | BigInt64Array): Promise<number> {
  const type = values instanceof Float64Array ? FLOAT64 : INT64;
  const data = new Uint8Array(values.buffer);
  return writeList(out, { type, length: values.length, data }, await textAttributes(out, ARRAY));
}

async function writeVariables(out: Out, variables: readonly string[]): Promise<number> {
  const names = new Names();
  const texts = (async function* () {
    yield variables;
  })();
  names.add('name', await writeTexts(out, variables.length, texts, await textAttributes(out, TEXTS)));
  return names.write(out, await frame(out, [], 'name'));
}

const frame = (out: Out, columns: readonly string[], index: string): Promise<Attribute[]> =>
  textAttributes(out, { ...DATAFRAME, _index: index, 'column-order': columns });

async function writeFacts(out: Out, facts: ExportSource['facts']): Promise<number> {
  const names = new Names();
  const attributes = await textAttributes(out, STRING);
  for (const [name, value] of Object.entries(facts)) {
    const data = await writeStrings(out, [value]);
    const address = out.position;
    await out.write(data);
    const header = out.position;
    await out.write(datasetHeader({ type: TEXT, shape: [], address, bytes: data.length }, attributes));
    names.add(name, header);
  }
  const own = await names.write(out, await textAttributes(out, DICT));
  const uns = new Names();
  uns.add('holdfast', own);
  return uns.write(out, await textAttributes(out, DICT));
}
