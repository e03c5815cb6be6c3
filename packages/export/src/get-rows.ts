import {
  EMBEDDINGS,
  type Missing,
  openResult,
  proveResult,
  type Result,
  refuseMissing,
  wantedRows,
} from '@holdfast/result';
import { type Output, RunFolderError, refuseOutput, writeOutput } from '@holdfast/run-folder';
import { type ExportName, exportFormats } from './export-formats.js';
import { exportSource, someRows } from './export-source.js';
import type { ExportFormat } from './format.js';
import { tsvRow } from './formats/tsv.js';
import { type SomeValues, someValues } from './some-values.js';
import { isWidened } from './stored-type.js';
import { valueFiles } from './value-files.js';
import { valueSource } from './value-source.js';
import { digits, valueJson, valueText } from './value-text.js';
import { widenedRows, widenedSome } from './widened.js';

/** Which rows are wanted, and in what form. */
export interface GetOptions {
  folder: string;
  /** In the order in which their rows are given; an ID that is named twice has one row. */
  ids: readonly string[];
  /** Which output, by its name: rows, or numbers of tokens such as `per_token.layer_33`. Default: `embeddings`. */
  from?: string;
  /** Whether IDs without a row are left out, instead of refused. Default false. */
  skipMissing?: boolean;
  /** Where to: a file whose ending says its format. Default: the rows are printed. */
  output?: string;
  /** Whether to replace a file that is there and is something else. Default false. */
  force?: boolean;
  /** Files that the IDs were read from; none of them is replaced. */
  inputs?: readonly string[];
  /** Whether the rows are printed as JSON, one object a line. Default false: as TSV. */
  json?: boolean;
}

/** What was given. */
export interface Got {
  missing: Missing;
  /** Sequences whose numbers were given. */
  count: number;
  /** Whether these are rows, or numbers of tokens. */
  what: 'row' | 'sequence';
  /** The file, if there is one: whether it was written or was there with the same bytes, and where its IDs are if it has no place for them. */
  file?: { path: string; written: boolean; ids: string | null };
}

type Print = (text: string) => Promise<void> | void;
type Chosen = readonly (readonly [id: string, row: number])[];

/** Formats of one file by its ending, which a name may have in capitals. */
const ENDINGS = (Object.entries(exportFormats) as [ExportName, ExportFormat][]).flatMap(([name, format]) =>
  format.write === undefined
    ? []
    : [{ name, ending: format.ending, holds: format.holds, write: format.write }],
);
/** Endings of formats without IDs. */
const WITHOUT_IDS: readonly string[] = ['.npy', '.safetensors'];

/**
 * Finds the rows of some IDs in one pass over `ids.txt`, and prints or writes their numbers. Nothing else is read.
 *
 * @param print called with text; it may be held until the reader takes more.
 * @throws RunFolderError if IDs have no row and are not to be skipped: then nothing is printed or written.
 */
export async function getRows(options: GetOptions, print: Print): Promise<Got> {
  const { folder, output, inputs = [] } = options;
  const facts = { runs: [folder], inputs, prints: true };
  if (output !== undefined) refuseOutput(outputAt(output, options), facts);
  const result = await openResult(folder);
  const from = result.outputNamed(options.from ?? EMBEDDINGS);
  const give = result.valueOutputs.includes(from) ? giveValues : giveRows;
  if (output !== undefined) {
    endingOf(output, give === giveValues ? from : null);
    const ids = give === giveRows ? idsBeside(output) : null;
    if (ids !== null) refuseOutput(outputAt(ids, options), facts);
  }
  // Rows under another ID would be the worst; of the rows themselves only a few are read.
  await proveResult(result);
  const { rows, missing } = await wantedRows(result, options.ids);
  const remedy =
    rows.size > 0 ? 'add --skip-missing to get the others' : `${result.ids} has all IDs with a row`;
  if (!options.skipMissing) refuseMissing(missing, folder, remedy);
  return { missing, count: rows.size, ...(await give(result, from, [...rows], options, print)) };
}

const outputAt = (path: string, { force = false }: GetOptions): Output => ({
  path,
  option: '--output',
  what: 'export',
  force,
});

/** Prints or writes what an output has of the chosen sequences. */
type Give = (
  result: Result,
  from: string,
  chosen: Chosen,
  options: GetOptions,
  print: Print,
) => Promise<Pick<Got, 'what' | 'file'>>;

const giveRows: Give = async (result, from, chosen, options, print) => {
  const { output, json = false } = options;
  await using matrix = await result.rowsOf(from);
  const what = 'row';
  if (output === undefined) {
    for (const [id, row] of chosen) await print(rowText(id, await matrix.read(row, row + 1), json));
    return { what };
  }
  const { name, holds, write } = endingOf(output, null);
  const plain = someRows(await exportSource(result, matrix, from), matrix, chosen);
  const source = isWidened(plain.dtype, name, holds) ? widenedRows(plain) : plain;
  const ids = idsBeside(output);
  // Written first: rows must not be there without their IDs.
  if (ids !== null) {
    const lines = Buffer.from(chosen.map(([id]) => `${id}\n`).join(''));
    await writeOutput(outputAt(ids, options), (sink) => sink.write(lines));
  }
  const written = await writeOutput(outputAt(output, options), (sink) => write(sink, source));
  return { what, file: { path: output, written, ids } };
};

/** The file with the IDs of the rows beside one whose format has no place for them; null if its has. */
function idsBeside(path: string): string | null {
  const { ending } = endingOf(path, null);
  return WITHOUT_IDS.includes(ending) ? `${path.slice(0, -ending.length)}.ids.txt` : null;
}

const giveValues: Give = async (result, from, chosen, options, print) => {
  const { output, json = false } = options;
  await using reader = await result.valuesOf(from);
  const plain = await someValues(valueSource(result, reader, from), reader, chosen);
  const what = 'sequence';
  if (output === undefined) {
    const text = json ? valueJson : valueText;
    for (const at of chosen.keys()) for await (const part of text(plain, at)) await print(part);
    return { what };
  }
  const { name, ending, holds } = endingOf(output, from);
  const source = isWidened(plain.dtype, name, holds) ? widenedSome(plain) : plain;
  if (ending === '.npy') refuseSeveral(output, source);
  const written = await writeOutput(outputAt(output, options), (sink) => valueFiles[ending]!(sink, source));
  return { what, file: { path: output, written, ids: null } };
};

function refuseSeveral(path: string, { name, sequences }: SomeValues): void {
  if (sequences.length !== 1)
    throw new RunFolderError(
      `${path}: a .npy holds the ${name} of one sequence, and ${sequences.length} are asked for; name one ID, or end the name with .h5, .pt or .safetensors`,
    );
}

const rowText = (id: string, numbers: Float32Array, json: boolean): string =>
  json ? `{"id":${JSON.stringify(id)},"embedding":[${digits(numbers)}]}\n` : tsvRow(id, numbers);

/** The ending of a file's name, and what writes rows in its format. @param values the output with numbers of tokens, if it is one. */
function endingOf(path: string, values: string | null) {
  const name = path.toLowerCase();
  // The longest ending first: `.matrix.h5` is one of its own.
  const found = [...ENDINGS]
    .sort((a, b) => b.ending.length - a.ending.length)
    .find(({ ending }) => name.endsWith(ending));
  const has = values === null ? ENDINGS.map(({ ending }) => ending) : Object.keys(valueFiles);
  const of = values === null ? '' : ` with a place for ${values}`;
  if (found === undefined || !has.includes(found.ending))
    throw new RunFolderError(
      `${path}: its ending names no format of one file${of}; end it with ${has.join(', ')}`,
    );
  return found;
}
