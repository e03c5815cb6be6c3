import { readFile } from 'node:fs/promises';
import { findRows, openResult, proveResult, type Result } from '@holdfast/result';
import { layout, RunFolderError, refuseOutput, writeOutput } from '@holdfast/run-folder';
import { type ExportName, exportFormats } from './export-formats.js';
import { exportSource, someRows } from './export-source.js';
import type { ExportFormat } from './format.js';
import { tsvRow } from './formats/tsv.js';
import { isWidened } from './stored-type.js';
import { widenedRows } from './widened.js';

/** Which rows are wanted, and in what form. */
export interface GetOptions {
  folder: string;
  /** In the order in which their rows are given; an ID that is named twice has one row. */
  ids: readonly string[];
  /** Which rows: `embeddings`, or an output beside them, such as `cls.layer_12`. Default: `embeddings`. */
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

/** IDs that have no row. */
export interface Missing {
  quarantined: string[];
  unknown: string[];
}

/** Formats of one file by its ending, which a name may have in capitals. */
const ENDINGS = (Object.entries(exportFormats) as [ExportName, ExportFormat][]).flatMap(([name, format]) =>
  format.write === undefined
    ? []
    : [{ name, ending: format.ending, holds: format.holds, write: format.write }],
);

/**
 * Finds the rows of some IDs in one pass over `ids.txt`, and prints or writes them.
 *
 * @param print called with text; it may be held until the reader takes more.
 * @returns the IDs that have no row.
 * @throws RunFolderError if IDs have no row and are not to be skipped: then nothing is printed or written.
 */
export async function getRows(
  options: GetOptions,
  print: (text: string) => Promise<void> | void,
): Promise<Missing> {
  const { folder, json = false, force = false, inputs = [] } = options;
  const output =
    options.output === undefined ? null : { path: options.output, option: '--output', what: 'export', force };
  if (output !== null) refuseOutput(output, { runs: [folder], inputs, prints: true });
  const format = output === null ? null : formatOf(output.path);
  const result = await openResult(folder);
  // Rows under another ID would be the worst; of the rows themselves only a few are read.
  await proveResult(result);
  const wanted = [...new Set(options.ids)];
  const rows = await findRows(result.ids, wanted);
  const missing = await withoutRow(
    result,
    wanted.filter((id) => !rows.has(id)),
  );
  const count = missing.quarantined.length + missing.unknown.length;
  if (count > 0 && !options.skipMissing) throw new RunFolderError(missingText(missing, folder));
  await using matrix = await result.rowsOf(options.from ?? 'embeddings');
  const chosen = wanted.flatMap((id) => (rows.has(id) ? [[id, rows.get(id)!] as const] : []));
  if (output !== null && format !== null) {
    const plain = someRows(await exportSource(result, matrix, options.from ?? 'embeddings'), matrix, chosen);
    const source = isWidened(plain.dtype, format.name, format.holds) ? widenedRows(plain) : plain;
    await writeOutput(output, (sink) => format.write(sink, source));
  } else for (const [id, row] of chosen) await print(rowText(id, await matrix.read(row, row + 1), json));
  return missing;
}

const rowText = (id: string, numbers: Float32Array, json: boolean): string =>
  json
    ? `{"id":${JSON.stringify(id)},"embedding":[${Array.from(numbers, (each) => Number(each.toPrecision(9))).join(',')}]}\n`
    : tsvRow(id, numbers);

function formatOf(path: string): (typeof ENDINGS)[number] {
  const name = path.toLowerCase();
  // The longest ending first: `.matrix.h5` is one of its own.
  const found = [...ENDINGS]
    .sort((a, b) => b.ending.length - a.ending.length)
    .find(({ ending }) => name.endsWith(ending));
  if (found === undefined)
    throw new RunFolderError(
      `${path}: its ending names no format of one file; end it with ${ENDINGS.map(({ ending }) => ending).join(', ')}`,
    );
  return found;
}

async function withoutRow({ record, folder }: Result, ids: readonly string[]): Promise<Missing> {
  const missing: Missing = { quarantined: [], unknown: [] };
  if (ids.length === 0) return missing;
  const path = layout(folder).quarantine;
  const table = record.files.some(({ file }) => path.endsWith(file)) ? await readFile(path, 'utf8') : '';
  const quarantined = new Set(
    table
      .split('\n')
      .slice(1)
      .map((line) => line.split('\t', 1)[0]),
  );
  for (const id of ids) missing[quarantined.has(id) ? 'quarantined' : 'unknown'].push(id);
  return missing;
}

/** Most IDs that a message names. */
const NAMED = 20;

/** Says which IDs have no row, and why. */
export function missingText({ quarantined, unknown }: Missing, folder: string): string {
  const list = (ids: readonly string[]) =>
    ids.slice(0, NAMED).join(', ') + (ids.length > NAMED ? ` and ${ids.length - NAMED} more` : '');
  return [
    ...(unknown.length > 0 ? [`no sequence of ${folder} has the ID ${list(unknown)}`] : []),
    ...(quarantined.length > 0
      ? [`quarantined, so without a row (quarantine.tsv says why): ${list(quarantined)}`]
      : []),
    'add --skip-missing to get the others',
  ].join('; ');
}

/** Reads a list of IDs, one a line; blank lines are nothing. */
export async function idsIn(lines: AsyncIterable<Uint8Array>): Promise<string[]> {
  const parts: Uint8Array[] = [];
  for await (const part of lines) parts.push(part);
  return Buffer.concat(parts)
    .toString()
    .split(/\r?\n/)
    .filter((line) => line !== '');
}
