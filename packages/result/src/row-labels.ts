import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { RunFolderError } from '@holdfast/run-folder';
import { alikeIn } from './alike-ids.js';
import { rowIds } from './row-ids.js';
import { shownId } from './shown-id.js';

/** A column of a table of labels, for each row of a result. */
export type LabelColumn = { name: string } & (
  | {
      kind: 'number';
      /** [rows]; NaN where the table has none. */
      values: Float32Array;
    }
  | {
      kind: 'category';
      /** The labels, the most frequent first. */
      names: readonly string[];
      /** [rows]: 0 where the table has none, else the place of the label in `names`, from 1. */
      of: Uint16Array;
    }
);

/** Labels that are told apart in a column. */
const MOST = 0xfffe;

/** What a table has that was written without the names of its columns. */
const UNNAMED = 'label';

/**
 * Reads a table of labels, UTF-8 and tab-separated: the ID in the first column, a line for each ID, at least one label. The first
 * line names the columns; if it begins with an ID of the result it is a line as the others, and the columns are called `label`. A
 * column is of numbers if each of its fields that is not empty is one, else of categories. Empty lines are passed over.
 *
 * @param ids path of `ids.txt`. @param rows how many IDs that has.
 * @returns the columns, and how many of the table's IDs are not in the result.
 * @throws RunFolderError that names the line and the remedy, for a file that is not such a table or has no ID of the result.
 */
export async function readLabels(
  path: string,
  { ids, rows }: { ids: string; rows: number },
): Promise<{ columns: LabelColumn[]; unknown: number }> {
  const lines = await linesOf(path);
  const places = placesOf(path, lines);
  const rowOf = new Map<Line, number>();
  let row = 0;
  for await (const some of rowIds(ids))
    for (const id of some) {
      const line = places.get(id);
      if (line !== undefined) rowOf.set(line, row);
      row++;
    }
  const [first] = lines;
  const named = first !== undefined && !rowOf.has(first);
  const found = [...rowOf.keys()];
  const known = lines.length - (named ? 1 : 0);
  if (found.length === 0) throw await noneFound(path, ids, lines);
  const titles = named ? first.fields.slice(1) : unnamed(first!.fields.length - 1);
  const columns = titles.map((name, at) => columnOf({ path, name, named, at: at + 1, rows }, found, rowOf));
  return { columns, unknown: known - found.length };
}

/** Lines that are looked at for what an ID may have been meant to be. */
const LOOKED_AT = 20;

async function noneFound(path: string, ids: string, lines: readonly Line[]): Promise<RunFolderError> {
  const given = lines.slice(0, LOOKED_AT).map(({ fields }) => fields[0]!);
  const [alike] = await alikeIn(ids, given);
  const such =
    alike === undefined
      ? 'such as those that holdfast get prints'
      : `which has ${shownId(alike[1])} where the table has ${shownId(alike[0])}`;
  return new RunFolderError(
    `${path}: none of its IDs is in ${ids}; the first column must have IDs of that file, ${such}`,
  );
}

/** The warning about IDs in a table of labels that the result does not have. */
export const unknownLabelsWords = (path: string, unknown: number): string =>
  unknown === 1
    ? `${path}: 1 ID in it is not in the result`
    : `${path}: ${unknown.toLocaleString('en-US')} IDs in it are not in the result`;

const unnamed = (count: number) =>
  count === 1 ? [UNNAMED] : Array.from({ length: count }, (_, at) => `${UNNAMED} ${at + 1}`);

interface Line {
  /** From 1. */
  number: number;
  fields: readonly string[];
}

async function linesOf(path: string): Promise<Line[]> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'it is not there' : `it cannot be read (${cause.code})`;
    throw new RunFolderError(`${path}: ${why}; name a table of IDs and labels`, { cause });
  });
  const lines: Line[] = [];
  let number = 0;
  // Line by line: a string of the whole file has a limit.
  for (let from = startOf(bytes); from < bytes.length; ) {
    const found = bytes.indexOf(10, from);
    const end = found < 0 ? bytes.length : found;
    const line = bytes.subarray(from, end);
    from = end + 1;
    number++;
    if (!isUtf8(line))
      throw new RunFolderError(`${path}, line ${number}: it is not UTF-8; save the table as UTF-8`);
    const text = line.toString().replace(/\r$/, '');
    if (text === '') continue;
    const fields = text.split('\t');
    const wanted = lines[0]?.fields.length ?? Math.max(2, fields.length);
    if (fields.length !== wanted)
      throw new RunFolderError(
        lines.length === 0
          ? `${path}, line ${number}: it has no tab; write the ID, a tab and a label, one line for each ID, and the names of the columns in the first line`
          : `${path}, line ${number}: it has ${fields.length} fields, but line ${lines[0]!.number} has ${wanted}; give each line the same number of fields, with a tab between two of them`,
      );
    lines.push({ number, fields });
  }
  return lines;
}

/** Behind the mark that Excel and Notepad put at the beginning. */
const startOf = (bytes: Buffer) => (bytes.subarray(0, 3).toString('hex') === 'efbbbf' ? 3 : 0);

function placesOf(path: string, lines: readonly Line[]): Map<string, Line> {
  const places = new Map<string, Line>();
  for (const line of lines) {
    const [id = ''] = line.fields;
    const before = places.get(id);
    if (before !== undefined)
      throw new RunFolderError(
        `${path}, line ${line.number}: the ID ${JSON.stringify(id)} is in line ${before.number} too; keep one line for each ID`,
      );
    places.set(id, line);
  }
  return places;
}

function columnOf(
  { path, name, named, at, rows }: { path: string; name: string; named: boolean; at: number; rows: number },
  lines: readonly Line[],
  rowOf: ReadonlyMap<Line, number>,
): LabelColumn {
  const given = lines.filter(({ fields }) => fields[at] !== '');
  const like = named ? given.find(({ fields }) => fields[at] === name) : undefined;
  if (like !== undefined)
    throw new RunFolderError(
      `${path}, line 1: it should name the columns, but ${JSON.stringify(name)} is a label in line ${like.number} too; write a first line such as id, a tab and family`,
    );
  if (given.length > 0 && given.every(({ fields }) => isNumber(fields[at]!))) {
    const values = new Float32Array(rows).fill(Number.NaN);
    for (const line of given) values[rowOf.get(line)!] = Number(line.fields[at]);
    return { name, kind: 'number', values };
  }
  const counts = new Map<string, number>();
  for (const { fields } of given) counts.set(fields[at]!, (counts.get(fields[at]!) ?? 0) + 1);
  if (counts.size > MOST)
    throw new RunFolderError(
      `${path}: the column ${name} has ${counts.size} different labels, and ${MOST} can be told apart; use fewer`,
    );
  const names = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([label]) => label);
  const codes = new Map(names.map((label, code) => [label, code + 1]));
  const of = new Uint16Array(rows);
  for (const line of given) of[rowOf.get(line)!] = codes.get(line.fields[at]!)!;
  return { name, kind: 'category', names, of };
}

const isNumber = (text: string) => /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text.trim());
